// The server as its own process, ready to be talked to.
#pragma once

#include "support/process.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace roger::test {

struct ServerSetup {
    /// Lines `listening on ...` to wait for: one for each address given.
    std::size_t addresses = 1;
    /// Standard output; nothing: a file of its own, see output().
    std::optional<Stdio> out = {};
    /// Anything else; program, arguments, in and out of it are overwritten. Standard error has to
    /// stay a pipe (or a terminal), for the addresses.
    Launch launch = {};
};

class ServerProcess {
public:
    /// Returns when the server is ready. Throws Failure with its standard error when it ends
    /// before.
    static ServerProcess start(std::vector<std::string> arguments, ServerSetup setup = {});

    /// As printed, the port filled in: tcp:127.0.0.1:51717.
    [[nodiscard]] std::string const& address(std::size_t number = 0) const {
        return addresses_.at(number);
    }
    [[nodiscard]] Process& process() { return process_; }
    [[nodiscard]] pid_t id() const { return process_.id(); }

    /// All that it has written to its file so far. What was acked must be there at once (P1).
    [[nodiscard]] std::string output() const;
    [[nodiscard]] std::string output_path() const;

    void signal(int number) const { process_.signal(number); }
    Exit wait_for_exit(Deadline deadline = {}) { return process_.wait_for_exit(deadline); }
    /// SIGTERM, and waits.
    Exit stop(Deadline deadline = {}) { return process_.terminate(deadline); }

    /// SIGUSR1, and waits for the line of counters: "accepted=3 clients=1 ...".
    std::string counters_line(Deadline deadline = {});
    /// One of them.
    std::size_t counter(std::string const& name, Deadline deadline = {});

private:
    ServerProcess(TempDir directory, Launch const& launch);

    TempDir directory_;
    Process process_;
    std::vector<std::string> addresses_;
};

/// A signal is a second one only some time after the first.
void signal_until_it_ends(ServerProcess& server, int number);

/// The address of a server's next line, which announces one.
std::string announced(Process const& server);

/// How many lines with `text` a server has written to standard error.
std::size_t times_told(ServerProcess& server, std::string const& text);

/// The program as a Launch, for runs that are not about being ready.
Launch server_launch(std::vector<std::string> arguments);
Launch client_launch(std::vector<std::string> arguments);

}  // namespace roger::test
