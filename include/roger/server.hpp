// A server that hands every batch of messages to a coroutine, and acknowledges when that returns.
//
//     asio::awaitable<void> keep(roger::Batch const& batch);   // yours
//
//     roger::Server server({.addresses = {roger::parse_address("51717")}}, keep);
//     roger::ServerResult result = server.run();
#pragma once

#include "roger/address.hpp"
#include "roger/batch.hpp"
#include "roger/counters.hpp"
#include "roger/log.hpp"
#include "roger/task.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace roger {

/// What is done with messages. Its return acknowledges the whole batch; an exception refuses it
/// with `error: cannot display` and ends the server. Called for many clients at once, for one
/// client never before the last call has returned. It runs on the client's event loop, so it
/// must not block.
using Handler = std::function<Task<void>(Batch const&)>;

/// A handler of Asio's common coroutine type; it costs one more coroutine a batch.
using AwaitableHandler = std::function<asio::awaitable<void>(Batch const&)>;

/// A handler's exception that tells how far it came: the first `shown` messages of the batch are
/// acknowledged, only the others refused.
struct HandlerError : std::runtime_error {
    HandlerError(std::string const& reason, std::size_t first_shown)
        : std::runtime_error(reason), shown(first_shown) {}
    std::size_t shown;
};

/// What to do with a newcomer while as many clients are served as the limit allows.
enum class WhenFull : std::uint8_t {
    wait,    ///< leave it in the listen queue
    refuse,  ///< answer `error: busy` and close
};

/// Every default of the server in one place.
struct ServerOptions {
    std::vector<Address> addresses = {};
    std::string ack = "I got your message";
    /// Most clients at once, over all addresses. Nothing: 10000, or as many as the limit on open
    /// files allows.
    std::optional<std::size_t> limit = {};
    WhenFull when_full = WhenFull::wait;
    Timeout idle_timeout = std::chrono::minutes(5);
    Timeout message_timeout = std::chrono::seconds(30);
    Timeout write_timeout = std::chrono::seconds(30);
    Timeout drain_timeout = std::chrono::seconds(10);
    /// Bytes, without the line ending; at most LineDecoder::most_max_message.
    std::size_t max_message = 64 * 1024;
    std::size_t threads = 1;  ///< event loops
    bool once = false;        ///< end after the first connection
    Log log = [](LogLevel, std::string_view) {};
    /// Called once, by run() on its thread, with Server::addresses(), when every event loop has its
    /// thread: from here on clients are served.
    std::function<void(std::vector<Address> const&)> on_started = [](auto const&) {};
    /// Called once, on loop 0, when a drain is running out of time while batches are still being
    /// handled: a handler that waits for something should throw now, so that its clients are told.
    /// What this itself throws is a failure of the server's; the drain goes on to its end.
    std::function<void()> on_drain_ending = [] {};
};

/// How a server ended.
struct ServerResult {
    enum class End : std::uint8_t {
        drained,     ///< all that was received was handled
        timed_out,   ///< the drain timeout came first
        stopped_now  ///< end_now()
    };
    End end = End::drained;
    std::string failure = {};  ///< what went wrong, a sentence; empty: nothing

    [[nodiscard]] bool success() const { return end == End::drained && failure.empty(); }
};

class Server {
public:
    /// Binds and listens: from here on clients can connect. Throws std::exception with a sentence
    /// that names the address, the reason and the remedy.
    Server(ServerOptions options, Handler handler);
    Server(ServerOptions options, AwaitableHandler handler);

    /// After end_now() or a drain that timed out, handlers can be left that have not returned. They
    /// are destroyed where they wait. One that waits for something of another io_context or thread
    /// is never resumed: it, and what it was given, are kept for what may still come for it.
    ~Server();
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    /// Where it listens, ports filled in.
    [[nodiscard]] std::vector<Address> const& addresses() const;

    /// The number of clients that it takes at once.
    [[nodiscard]] std::size_t limit() const;

    /// Serves, on this thread and `threads` - 1 more, until it was told to stop and has drained.
    /// Throws std::runtime_error with a sentence if the system does not allow so many threads.
    ServerResult run();

    /// Stops accepting and drains. From any thread; a second call changes nothing.
    void stop();

    /// Ends at once: what was received and not answered stays unanswered. From any thread.
    void end_now();

    /// From any thread.
    [[nodiscard]] Counters counters() const;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace roger
