// A server that hands every batch of messages to a coroutine, and acknowledges when that returns.
//
// With event loops of its own:
//
//     asio::awaitable<void> keep(roger::Batch const& batch);   // yours
//
//     roger::Server server({.addresses = {roger::parse_address("51717")}}, keep);
//     roger::Signals const signals(server);                    // Ctrl-C drains
//     roger::ServerResult const result = server.run();
//
// On an io_context of yours:
//
//     roger::Server server(context, options, keep);
//     roger::ServerResult const result = co_await server.serve();
#pragma once

#include "roger/address.hpp"
#include "roger/answer.hpp"
#include "roger/batch.hpp"
#include "roger/counters.hpp"
#include "roger/handler.hpp"
#include "roger/log.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace roger {

/// What to do with a newcomer while as many clients are served as the limit allows.
enum class WhenFull : std::uint8_t {
    wait,    ///< leave it in the listen queue
    refuse,  ///< answer `error: busy` and close
};

/// Every default of the server. A timeout is at least 1 ms and at most 100 years.
///
/// What a function given here throws ends the server: it drains, and the exception's sentence is
/// ServerResult::failure.
struct ServerOptions {
    std::vector<Address> addresses = {};  ///< at least one
    /// One line, without its end; not beginning with `error: `. For a datagram address it has to
    /// fit into a datagram.
    std::string ack = std::string(default_ack);
    /// Most clients at once, over all addresses, at least 1. Nothing: 10000, or as many as the soft
    /// limit on open files allows, getrlimit(2), which the library does not touch.
    std::optional<std::size_t> limit = {};
    WhenFull when_full = WhenFull::wait;
    Timeout idle_timeout = std::chrono::minutes(5);
    Timeout message_timeout = std::chrono::seconds(30);
    Timeout write_timeout = std::chrono::seconds(30);
    Timeout drain_timeout = std::chrono::seconds(10);
    /// Bytes, without the line ending; at most LineDecoder::most_max_message.
    std::size_t max_message = 64 * 1024;
    std::size_t threads = 1;  ///< event loops of run(), at least 1
    bool once = false;        ///< end after the first connection
    Log log = [](LogLevel, std::string_view) {};
    /// Called once, on loop 0, with Server::addresses(), when every event loop has its thread: from
    /// here on clients are served.
    std::function<void(std::vector<Address> const&)> on_started = [](auto const&) {};
    /// Called once, on loop 0, when a drain is running out of time while batches are still being
    /// handled: a handler that waits for something should throw now, so that its clients get an
    /// answer.
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

/// Serves once, by run() or by serve(); to serve again, make another one, which can have the same
/// io_context and, when the first has ended, the same addresses.
///
/// Every constructor binds and listens: from then on clients can connect. It throws Error, with a
/// sentence that names the thing, the reason and the remedy: Errc::invalid_option for an option
/// that cannot be, Errc::too_few_descriptors for a limit beyond that on open files, and for an
/// address a ListenError or an AddressError.
class Server {
public:
    /// With `options.threads` event loops of its own, for run().
    Server(ServerOptions options, Handler handler);

    /// On an io_context that one thread at a time runs, for serve(). `context` outlives the server.
    Server(asio::io_context& context, ServerOptions options, Handler handler);

    /// On several, each run by a thread of its own: clients are spread over them. Loop 0, the first
    /// one, accepts them, and does what there is one of. All outlive the server.
    Server(std::vector<std::reference_wrapper<asio::io_context>> const& contexts,
           ServerOptions options, Handler handler);

    /// Ends the server at once, if it has not ended. With contexts of the caller's, from any
    /// thread and at any time; with loops of its own not before run() has returned.
    ///
    /// Handlers can be left that have not returned, after end_now(), a drain that timed out, or
    /// this. With loops of its own the server destroys them where they wait; those that wait for
    /// something of another io_context or thread are never resumed, and they, and what they were
    /// given, are kept for what may still come for them. With contexts of the caller's they go on
    /// when what they wait for comes, and nobody is answered; what they use, and the context, must
    /// live until then.
    ~Server();
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    /// Where it listens, ports filled in.
    [[nodiscard]] std::vector<Address> const& addresses() const;

    /// The number of clients that it takes at once.
    [[nodiscard]] std::size_t limit() const;

    /// Serves, on this thread and `threads` - 1 more, until stop() or end_now(), or a failure.
    /// Throws Error (Errc::no_thread) if the system does not allow so many threads;
    /// std::logic_error if the server has been run before, or has contexts of the caller's.
    ServerResult run();

    /// Serves on the caller's contexts, until stop() or end_now(), or a failure; awaited on
    /// whatever executor. Destroying the awaiting coroutine does not end the server; destroying the
    /// server makes this return.
    ///
    /// A cancelled serve() drains, as stop() does, and returns then; cancelled again it ends at
    /// once, as end_now() does. Throws std::logic_error, when it is called, if the server has
    /// served before, or has loops of its own.
    asio::awaitable<ServerResult> serve();

    /// Stops accepting and drains. From any thread, also from a handler; idempotent.
    void stop();

    /// Something of the program's own went wrong: as stop(), with `why` as the result's failure,
    /// and in the log. From any thread; the first failure stands.
    void fail(std::string const& why);

    /// Ends at once: what was received and not answered stays unanswered. From any thread;
    /// idempotent.
    void end_now();

    /// From any thread.
    [[nodiscard]] Counters counters() const;

private:
    std::shared_ptr<class OwnLoops> own_loops_;  ///< null: the loops are the caller's
    std::shared_ptr<class ServerCore> core_;
};

}  // namespace roger
