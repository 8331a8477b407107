// A client of a stream: sends messages, awaits their answers.
//
//     auto client = co_await roger::Client::open(address, 5s);
//     roger::Answer answer = co_await client.send("hello", 30s);
#pragma once

#include "roger/address.hpp"
#include "roger/answer.hpp"
#include "roger/asio_version.hpp"
#include "roger/client_error.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace roger {

/// What to do when the connection is lost and there are messages to be sent. The first attempt is
/// made at once; before each further one there is a delay, which doubles from `initial_delay` to
/// `max_delay` and of which a random part, at most half, is left out, lest all clients of a
/// server come back at one moment. An answer resets the delay and the count of attempts.
struct ReconnectOptions {
    /// From 1 ms to 100 years.
    std::chrono::milliseconds initial_delay = std::chrono::milliseconds(100);
    /// From `initial_delay` to 100 years.
    std::chrono::milliseconds max_delay = std::chrono::seconds(10);
    /// Consecutive failed attempts, at least 1, after which everything that waits to be sent fails;
    /// the next send() starts again. `std::nullopt`: no limit, for as long as a send() waits.
    std::optional<std::size_t> attempts = {};
    /// At least once: a message that was sent and has no answer is sent again on the new
    /// connection, and so may be displayed twice. Otherwise its send() fails.
    bool resend = false;
};

struct ClientOptions {
    /// Bounds each attempt to connect, the resolver's part included. `std::nullopt`: no limit but
    /// the system's.
    Timeout connect_timeout = std::chrono::seconds(5);
    /// Maximum number of messages that are sent and have no answer yet, at least 1: those beyond
    /// wait their turn.
    std::size_t window = 1024;
    /// `std::nullopt`: a client that loses its connection is closed.
    std::optional<ReconnectOptions> reconnect = {};
};

/// A message that waits for its answer. Its bytes are those that send() was given.
struct UnacknowledgedMessage {
    std::string_view text;
    bool sent;  ///< as ClientError::sent()
};

/// One connection at a time, over which any number of send()s can be under way at once: their
/// messages go out together, in the order of the calls, and each send() completes with its own
/// answer.
///
///     for (std::string const& line : lines) {
///         asio::co_spawn(executor, client.send(line, 30s), took_answer);
///     }
///
/// **Timeouts.** At least 1 ms and at most 100 years; `std::nullopt`: no limit.
///
/// **Threads.** All of a client's functions are called on the executor of the coroutine that
/// awaited open(): on an io_context that one thread runs, or on a strand. There is no lock.
///
/// **Names.** A host name is looked up on a thread of its own, which is detached, as a lookup
/// cannot be cancelled: one that the resolver keeps waiting outlives its deadline, the client and
/// the io_context. It uses nothing of theirs.
///
/// **Lifetime.** A client may be moved and destroyed at any moment, with send()s under way too:
/// each completes with a ClientError, client_closed. Its io_context may be destroyed before it or
/// after it; send()s that are under way then never complete, as with all of Asio's operations. With
/// nothing to send and no answer to come a client does nothing, not even read: run() does not wait
/// for it. A client that was moved from is as one that was never opened.
class Client {
public:
    /// Resolves and connects, once; a name that stands for several addresses is tried in turn, all
    /// within `options.connect_timeout`. Throws ClientError, which says for each address what
    /// failed (cannot_resolve, cannot_connect, connect_timeout); AddressError for a datagram
    /// address, and one without host or port; Error, invalid_option, for an option out of its
    /// range; asio::system_error with operation_aborted when the caller cancels.
    static asio::awaitable<Client> open(Address address, ClientOptions options);
    static asio::awaitable<Client> open(Address address, Timeout connect_timeout);

    /// No client yet: to be assigned to; any other use is a std::logic_error, when it is called.
    /// Asio's co_spawn() asks for it, as in `co_spawn(executor, Client::open(address, 5s), token)`.
    Client() = default;

    Client(Client const&) = delete;
    Client& operator=(Client const&) = delete;
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    /// Closes at once; close() is the gentle way.
    ~Client();

    /// Sends one message and waits for its answer: an acknowledgement, or a refusal. `message`
    /// holds any bytes but '\n' (std::invalid_argument), and lives until then. Nothing happens
    /// before what is returned is awaited or spawned.
    ///
    /// `ack_timeout` bounds each of two waits: for the server to take the message (the wait for
    /// other messages, and for a new connection, included), and for it to answer. Out of its range:
    /// Error, invalid_option.
    ///
    /// Throws ClientError, whose sent() says whether the message may have been displayed. A lost
    /// connection fails all send()s that have no answer; with `options.reconnect` only those whose
    /// messages were sent: the others' are sent on the new connection. After write_timeout in the
    /// middle of a message, and after ack_timeout, the connection is given up: a server that is so
    /// late is taken for dead. Without `options.reconnect` every further send() throws then.
    ///
    /// A caller that cancels gets asio::system_error with operation_aborted. A message that was not
    /// yet handed to a write, together with others, is not sent any more; else its answer is
    /// awaited without the caller, and dropped. The connection and the other send()s go on.
    asio::awaitable<Answer> send(std::string_view message, Timeout ack_timeout);

    /// Sends what waits to be sent, tells the server that there is no more (a half-close), waits
    /// until no send() is under way, and closes; send() throws client_closed once it is awaited.
    /// When that takes longer than `timeout`, closes at once and throws ClientError, ack_timeout;
    /// each send() that is left throws client_closed. A caller that cancels gets asio::system_error
    /// with operation_aborted, and may close() again. Of several that are under way the shortest
    /// timeout holds. One out of its range is an Error, invalid_option, and closes nothing.
    asio::awaitable<void> close(Timeout timeout);

    /// The messages of all send()s that are under way, in the order in which they are sent. Valid
    /// until the next co_await.
    [[nodiscard]] std::vector<UnacknowledgedMessage> unacknowledged() const;

private:
    class Pipeline;
    explicit Client(std::shared_ptr<Pipeline> pipeline);
    [[nodiscard]] std::shared_ptr<Pipeline> const& opened() const;
    void close_now();

    std::shared_ptr<Pipeline> pipeline_;
};

}  // namespace roger
