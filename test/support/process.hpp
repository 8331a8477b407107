// A program under test: started with what it shall find, watched, and never left behind.
#pragma once

#include "support/deadline.hpp"
#include "support/files.hpp"
#include "support/stream.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace roger::test {

/// What a program finds as its standard input, output or error.
struct Stdio {
    enum class Kind { pipe, stalled_pipe, file, null, closed, descriptor, terminal };

    static Stdio pipe() { return {Kind::pipe, {}, -1}; }
    /// Not read until resume() on its Stream.
    static Stdio stalled_pipe() { return {Kind::stalled_pipe, {}, -1}; }
    /// Input: read from it. Output: created, appended to.
    static Stdio file(std::filesystem::path path) { return {Kind::file, std::move(path), -1}; }
    static Stdio null() { return {Kind::null, {}, -1}; }
    static Stdio closed() { return {Kind::closed, {}, -1}; }
    /// One of the test's own, which stays the test's to close.
    static Stdio descriptor(int number) { return {Kind::descriptor, {}, number}; }
    /// A pseudo-terminal: one for all three that ask for it, and the program's controlling
    /// terminal. It echoes what is typed and writes "\r\n" for "\n", as terminals do.
    static Stdio terminal() { return {Kind::terminal, {}, -1}; }

    Kind kind;
    std::filesystem::path path;
    int number;
};

/// How to start a program.
struct Launch {
    std::string program;
    std::vector<std::string> arguments = {};
    Stdio in = Stdio::null();
    Stdio out = Stdio::pipe();
    Stdio err = Stdio::pipe();
    /// Set, or with nothing unset.
    std::vector<std::pair<std::string, std::optional<std::string>>> environment = {};
    std::optional<rlim_t> open_files = {};       ///< RLIMIT_NOFILE, soft and hard
    std::optional<rlim_t> open_files_soft = {};  ///< RLIMIT_NOFILE, soft only
    std::optional<rlim_t> file_size = {};        ///< RLIMIT_FSIZE
    std::optional<rlim_t> address_space = {};    ///< RLIMIT_AS
    std::optional<mode_t> umask = {};
    std::optional<uid_t> user = {};  ///< needs root
    std::filesystem::path directory = {};
    /// Closed on top of what is close-on-exec, as every descriptor of the test's helpers is.
    std::vector<int> closed_descriptors = {};
};

/// How a program ended.
struct Exit {
    std::optional<int> status = {};
    std::optional<int> signal = {};
    /// The end of its standard error: printed with the others where an exit is not the expected
    /// one.
    std::string last_words = {};

    static Exit with(int status) { return {.status = status}; }
    static Exit by(int signal) { return {.signal = signal}; }
    bool operator==(Exit const& other) const {
        return status == other.status && signal == other.signal;
    }
};
std::ostream& operator<<(std::ostream& out, Exit const& exit);

class Process {
public:
    /// Throws Failure when the program cannot be executed. The program is killed when the thread
    /// that starts it ends, so that a test that is killed leaves nothing running.
    explicit Process(Launch const& launch);

    /// Kills it (SIGKILL, its own process id only) if it still runs.
    ~Process();
    Process(Process const&) = delete;
    Process& operator=(Process const&) = delete;
    Process(Process&&) noexcept = default;
    Process& operator=(Process&&) = delete;

    [[nodiscard]] pid_t id() const { return id_; }

    /// What it writes to a pipe. Throws Failure where standard output or error is none.
    [[nodiscard]] Stream& out() const { return stream(1); }
    [[nodiscard]] Stream& err() const { return stream(2); }
    [[nodiscard]] Stream& terminal() const { return stream(0); }

    /// To its standard input, a pipe or a pseudo-terminal.
    void write(std::string_view text, Deadline deadline = {});
    /// As write(), but false when the program no longer reads: it ended or closed its input.
    bool try_write(std::string_view text, Deadline deadline = {});
    /// The end of input: closes the pipe; on a terminal types Ctrl-D (at the start of a line).
    void close_stdin();

    void signal(int number) const;
    Exit wait_for_exit(Deadline deadline = {});
    [[nodiscard]] bool runs();
    /// SIGTERM, and waits.
    Exit terminate(Deadline deadline = {});

private:
    [[nodiscard]] Stream& stream(std::size_t index) const;
    [[nodiscard]] std::string seen() const;
    void reap();

    std::string program_;
    pid_t id_ = -1;
    Descriptor handle_;  ///< readable once the process has ended, pidfd_open(2)
    std::optional<Exit> exit_;
    Descriptor input_;
    std::array<std::unique_ptr<Stream>, 3> streams_;  ///< terminal, standard output and error
};

/// Starts, waits for the end, and gives all that was written.
struct Run {
    Exit exit;
    std::string out;
    std::string err;
};
Run run(Launch const& launch, std::string_view input = {}, Deadline deadline = {});

}  // namespace roger::test
