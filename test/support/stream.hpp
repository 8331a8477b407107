// What a program writes: read by a thread of its own, so that the program never waits for the test.
#pragma once

#include "support/deadline.hpp"
#include "support/files.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace roger::test {

/// The reading end of a pipe, or the controlling side of a pseudo-terminal.
class Stream {
public:
    /// `name` stands in failure messages. A stalled stream reads nothing until resume().
    Stream(std::string name, Descriptor descriptor, bool stalled = false);
    ~Stream();
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;

    /// The next line without its newline. An unfinished last one counts. Throws Failure at the
    /// end of the stream and at the deadline.
    std::string read_line(Deadline deadline = {});

    /// The next bytes up to and including `text`.
    std::string read_until(std::string_view text, Deadline deadline = {});

    /// The rest, up to the end of the stream.
    std::string read_all(Deadline deadline = {});

    /// All bytes so far, those already read included.
    [[nodiscard]] std::string seen() const;

    /// All bytes, after the writing end is gone: waits for what is on its way. Where it is not
    /// gone, all bytes so far when the deadline comes.
    [[nodiscard]] std::string last_words(Deadline deadline = {});

    /// From when it returns until resume(), nothing is read: the program's writes fill the pipe.
    void stall();
    void resume();

    /// Closes the reading end: the program's next write meets a closed pipe.
    void close();

    /// The controlling side of a pseudo-terminal is written to as well. -1 after close().
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }

private:
    void run();
    void read_some();
    void ask(bool paused, bool ended);
    [[noreturn]] void fail(std::string_view awaited, std::string_view why) const;

    std::string name_;
    Descriptor descriptor_;
    Descriptor wake_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
    std::size_t taken_ = 0;
    bool at_end_ = false;
    bool pause_wanted_;
    bool paused_ = false;
    bool end_wanted_ = false;
    std::thread thread_;
};

}  // namespace roger::test
