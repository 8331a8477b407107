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
#include "roger/error.hpp"
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
#include <system_error>
#include <vector>

namespace roger {

/// What to do with a newcomer while as many clients are served as the limit allows.
enum class WhenFull : std::uint8_t {
    wait,    ///< leave it in the listen queue
    refuse,  ///< answer `error: busy` and close
};

/// Every default of the server. A timeout is at least 1 ms and at most 100 years; `std::nullopt`:
/// no limit.
///
/// What a function given here throws while the server serves ends it: it drains, and the
/// exception's sentence is ServerResult::failure, its code server_failed. What `log` throws before,
/// a constructor throws.
struct ServerOptions {
    std::vector<Address> addresses = {};  ///< at least one
    /// One line, without its end, of at most 65,535 bytes, or 65,506 with a datagram address. It
    /// neither begins with `error: ` nor ends with a carriage return.
    std::string ack = std::string(default_ack);
    /// Maximum number of clients at once, over all addresses, at least 1. A datagram counts from
    /// when it is received until it is answered. `std::nullopt`: 10,000, or as many as the soft
    /// limit on open files allows, getrlimit(2), which the library does not touch. More than it
    /// allows is refused.
    std::optional<std::size_t> limit = {};
    WhenFull when_full = WhenFull::wait;
    /// A client that has sent nothing for so long, with all it sent answered, is closed.
    Timeout idle_timeout = std::chrono::minutes(5);
    /// From a message's first byte to its end; later the client is closed.
    Timeout message_timeout = std::chrono::seconds(30);
    /// A client that takes none of its answers for so long is closed.
    Timeout write_timeout = std::chrono::seconds(30);
    /// From stop() to the end, in which what was received is handled and answered.
    Timeout drain_timeout = std::chrono::seconds(10);
    /// Bytes, without the line ending; from 1 to 1 GiB. A longer message is refused.
    std::size_t max_message = 64 * 1024;
    /// Event loops of run(), from 1 to 256. With io_contexts of the caller's it stays 1.
    std::size_t threads = 1;
    bool once = false;  ///< end after the first connection, or the first datagram
    /// From any of the server's threads, also from several at once.
    Log log = [](LogLevel, std::string_view) {};
    /// Called once, on loop 0, with Server::addresses(), when the server begins to serve; with
    /// run(), every event loop has its thread then.
    std::function<void(std::vector<Address> const&)> on_started = [](auto const&) {};
    /// Called once, on loop 0, when nine tenths of the drain timeout are over while batches are
    /// still being handled: a handler that waits for something should give it up and throw now,
    /// Refused or HandlerError, so that its clients get an answer in the last tenth.
    std::function<void()> on_drain_ending = [] {};
};

/// How a server ended.
struct ServerResult {
    enum class End : std::uint8_t {
        drained,    ///< all that was received was handled
        timed_out,  ///< the drain timeout came first
        ended_now   ///< end_now()
    };
    End end = End::drained;
    /// What kind of thing went wrong first: handler_failed, messages_not_written, program_failed or
    /// server_failed. Without a value: nothing did.
    std::error_code code = {};
    std::string failure = {};  ///< the same, a sentence; empty: nothing

    [[nodiscard]] bool success() const { return end == End::drained && !code; }
};

/// Serves once, by run() or by serve(); to serve again, make another one, which can have the same
/// io_context and, when the first has ended, the same addresses.
///
/// Every constructor binds and listens: from then on clients can connect. It may block while a host
/// name is resolved; a number does not. It throws Error, with a sentence that names the thing, the
/// reason and the remedy: Errc::invalid_option for a value out of its range,
/// Errc::too_few_descriptors where the limit on open files leaves no room for the event loops, the
/// listening sockets or the clients, and for an address invalid_address, cannot_resolve or
/// cannot_listen.
class Server {
public:
    /// With `options.threads` event loops of its own, for run(). The handler is called from as many
    /// threads.
    Server(ServerOptions options, Handler handler);

    /// On an io_context that one thread at a time runs, for serve(). `context` outlives the server,
    /// unless what destroys the server is what waits in it: a server may be owned by a coroutine or
    /// a completion handler of that context.
    Server(asio::io_context& context, ServerOptions options, Handler handler);

    /// On several, at least one and each of them once, each run by a thread of its own: clients are
    /// spread over them, and the handler is called from all of them. Loop 0, the first one, accepts
    /// clients and receives datagrams. All outlive the server, as above.
    Server(std::vector<std::reference_wrapper<asio::io_context>> const& contexts,
           ServerOptions options, Handler handler);

    /// Ends the server at once, if it has not ended: from any thread and at any time, but not
    /// between a call of run() and that of `on_started`. With loops of its own it waits for a run()
    /// that is under way on another thread, so none of the server's own threads may destroy it,
    /// such as a handler: that ends the program (std::terminate).
    ///
    /// Handlers can be left that have not returned, after end_now(), a drain that timed out, or
    /// this. With loops of its own the server destroys them where they wait; those that wait for
    /// something of another io_context or thread are never resumed, and they, and what they were
    /// given, are kept for what may still come for them. It must not come while this runs, since
    /// Asio lets nobody post to a context that is being shut down: threads that handlers are on are
    /// joined before. With contexts of the caller's they go on when what they wait for comes, and
    /// nobody is answered; what they use, and the context, must live until then.
    ~Server();
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    /// Where it listens, ports filled in. From any thread.
    [[nodiscard]] std::vector<Address> const& addresses() const;

    /// The maximum number of clients at once. From any thread.
    [[nodiscard]] std::size_t limit() const;

    /// Serves, on this thread and `threads` - 1 more, until stop() or end_now(), or a failure.
    /// Throws Error (Errc::no_thread) if the system does not allow so many threads, after which
    /// another server is to be made; std::logic_error if this one has been run before, or has
    /// contexts of the caller's.
    ServerResult run();

    /// Serves on the caller's contexts, until stop() or end_now(), or a failure; awaited on
    /// whatever executor. Destroying the awaiting coroutine does not end the server; destroying the
    /// server makes this return.
    ///
    /// A cancelled serve() drains, as stop() does, and returns then; cancelled again it ends at
    /// once, as end_now() does. Any type of cancellation that gets here will do. A coroutine passes
    /// on only `terminal`, also one that co_spawn() makes of serve() itself; one of yours that
    /// awaits serve() can ask for more (asio::this_coro::reset_cancellation_state). Throws
    /// std::logic_error, when it is called, if serve() has been called before, awaited or not, or
    /// the server has loops of its own.
    asio::awaitable<ServerResult> serve();

    /// Stops accepting and drains. From any thread, also from a handler; idempotent.
    void stop();

    /// Something of the program's own went wrong: as stop(), with `why` as the result's failure,
    /// program_failed as its code, and in the log. From any thread; the first failure stands.
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
