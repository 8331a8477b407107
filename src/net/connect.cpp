// A client's way to a connected socket: every address of a name, one deadline for all of them.
#include "net/connect.hpp"

#include "net/cancelled.hpp"
#include "net/clock.hpp"
#include "net/endpoint.hpp"
#include "net/last_error.hpp"
#include "net/open_socket.hpp"
#include "protocol/quantity.hpp"

#include <asio/as_tuple.hpp>
#include <asio/cancel_at.hpp>
#include <asio/error.hpp>
#include <asio/error_code.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <sys/socket.h>

namespace roger {

namespace {

using Socket = asio::generic::stream_protocol::socket;

bool is_unix(Endpoint const& endpoint) {
    return endpoint.data()->sa_family == AF_UNIX;
}

/// A Unix socket whose listen queue is full does not take the connection, and Asio reports success.
bool is_taken(Socket const& socket, Endpoint const& endpoint) {
    asio::error_code error;
    socket.remote_endpoint(error);
    return !error || !is_unix(endpoint);
}

/// Nobody listens on this port of our own host, and the system chose the same port for our side:
/// TCP then connects the socket to itself, and every message would be its own answer.
bool is_our_own(Socket const& socket, Endpoint const& endpoint) {
    asio::error_code ignored;
    return !is_unix(endpoint) && socket.local_endpoint(ignored) == socket.remote_endpoint(ignored);
}

/// What became of one address: the system's errors, and two that connect() has for nothing else.
constexpr auto no_answer = asio::error::operation_aborted;  ///< until the deadline
constexpr auto queue_full = asio::error::try_again;         ///< a Unix socket's, at the deadline

std::string words_of(asio::error_code error) {
    return error == no_answer    ? "no answer"
           : error == queue_full ? "its listen queue is full"
                                 : error.message();
}

/// No error: the socket is connected, or waits for a slot in the listen queue.
asio::awaitable<asio::error_code> try_once(Socket& socket, Endpoint const& endpoint,
                                           Clock::time_point deadline) {
    auto const [error] =
        co_await socket.async_connect(endpoint, asio::cancel_at(deadline, asio::as_tuple));
    if (error == no_answer) {
        co_await throw_if_cancelled();
    }
    if (!error && is_our_own(socket, endpoint)) {
        co_return asio::error::connection_refused;
    }
    co_return error;
}

/// Opens the socket and does as try_once; waits for a slot in a listen queue that is full.
asio::awaitable<asio::error_code> try_until(Socket& socket, Endpoint const& endpoint,
                                            Clock::time_point deadline) {
    using namespace std::chrono_literals;
    if (asio::error_code const error = open_socket(socket, endpoint.protocol())) {
        co_return error;
    }
    asio::steady_timer timer(socket.get_executor());
    for (Clock::duration pause = 1ms;; pause = std::min<Clock::duration>(2 * pause, 50ms)) {
        asio::error_code const error = co_await try_once(socket, endpoint, deadline);
        if (error || is_taken(socket, endpoint)) {
            co_return error;
        }
        Clock::time_point const now = Clock::now();
        if (now >= deadline) {
            co_return queue_full;
        }
        timer.expires_at(std::min(now + pause, deadline));
        co_await timer.async_wait();
    }
}

/// Each message is one write, and nothing is to be gained by holding it back.
void send_at_once(Socket& socket, Endpoint const& endpoint) {
    if (!is_unix(endpoint)) {
        asio::error_code ignored;  // slower is no reason not to talk
        socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    }
}

/// `code` is what it comes to unless the time is over.
[[noreturn]] void give_up(Errc code, std::string const& failures, std::error_code cause,
                          Timeout timeout, Clock::time_point deadline) {
    bool const late = Clock::now() >= deadline;
    throw ClientError(
        late ? Errc::connect_timeout : code,
        "connecting to " + failures + (late ? " (gave up after " + to_string(timeout) + ")" : ""),
        cause);
}

}  // namespace

asio::awaitable<Socket> connect(Address address, Timeout timeout, Resolver resolver) {
    require_stream(address);
    require_server(address);
    Clock::time_point const deadline = moment_after(timeout);
    LookUp const found = co_await resolve(address, deadline, std::move(resolver));
    if (!found.failure.empty()) {
        give_up(Errc::cannot_resolve, to_string(address) + ": " + found.failure, found.cause,
                timeout, deadline);
    }
    std::string failures;
    std::error_code cause;
    auto left = static_cast<Clock::rep>(found.endpoints.size());
    for (Endpoint const& endpoint : found.endpoints) {
        Clock::time_point const now = Clock::now();
        Clock::duration const share = (deadline - now) / left;
        --left;
        Socket socket(co_await asio::this_coro::executor);
        asio::error_code const error = co_await try_until(socket, endpoint, now + share);
        if (!error) {
            send_at_once(socket, endpoint);
            co_return socket;
        }
        failures += (failures.empty() ? "" : "; ") + to_string(to_address(endpoint)) + ": " +
                    words_of(error);
        cause = error == no_answer ? std::error_code() : standard_error(error);
    }
    give_up(Errc::cannot_connect, failures, cause, timeout, deadline);
}

}  // namespace roger
