// Instead of the display: blocks of records are appended to a stream, which stores them on several
// machines.
#pragma once

#include "protocol/record.hpp"
#include "roger/log.hpp"
#include "roger/timeout.hpp"
#include "server/message_writer.hpp"
#include "stream/outage.hpp"
#include "stream/stream.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// Each event loop has a thread, which appends the loop's blocks one after the other and waits for
/// each to be stored; the loop gathers the next one meanwhile. A block that is not stored within
/// `timeout` of its first message is refused, and the next is tried.
class Publisher {
public:
    struct Options {
        Show show = Show::json;
        std::string server;     ///< this server's name, for the records
        Timeout timeout;        ///< for a message; `none`: it is tried for ever
        std::size_t loops = 1;  ///< event loops whose messages are published
        Log log;                ///< from every thread
    };

    /// `stream` outlives it.
    Publisher(Stream& stream, Options const& options);
    ~Publisher();  ///< finishes
    Publisher(Publisher const&) = delete;
    Publisher& operator=(Publisher const&) = delete;

    /// For the messages that come to an event loop.
    [[nodiscard]] MessageWriter& writer(std::size_t loop);

    /// What is not stored by now is given up, for good: whoever waits learns how far it came. From
    /// any thread.
    void abandon();

    /// Ends the threads, and destroys the coroutines that still wait. To be called when the event
    /// loops no longer run, and before their contexts are destroyed.
    void finish();

private:
    class Worker;

    Stream& stream_;
    Outage outage_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

/// The longest prefix of `records` that has at most `most` bytes and ends with a whole record.
std::string_view leading_records(std::string_view records, std::size_t most);

}  // namespace roger
