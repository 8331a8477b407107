// The ways to misbehave, a coroutine each.
#include "load/misbehaving_clients.hpp"

#include "load/messages.hpp"
#include "net/clock.hpp"
#include "net/open_socket.hpp"
#include "net/spawn.hpp"
#include "net/thread.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/as_tuple.hpp>
#include <asio/buffer.hpp>
#include <asio/cancel_at.hpp>
#include <asio/deferred.hpp>
#include <asio/error_code.hpp>
#include <asio/generic/datagram_protocol.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <string_view>
#include <tuple>
#include <utility>

namespace roger {

namespace {

using namespace std::chrono_literals;
using Socket = asio::generic::stream_protocol::socket;

/// From one byte of a slow client to the next, and from one attempt of any client to the next.
constexpr std::chrono::milliseconds pause = 100ms;

asio::awaitable<void> rest(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::deferred);
}

/// Reads and discards until the connection ends.
asio::awaitable<void> read_to_end(Socket& socket) {
    std::array<char, 512> answers;
    for (asio::error_code ended; !ended;) {
        auto const [error, size] =
            co_await socket.async_read_some(asio::buffer(answers), asio::as_tuple);
        ended = error;
    }
}

/// Returns false when the connection is gone.
asio::awaitable<bool> send_all(Socket& socket, std::string_view bytes) {
    auto const [error, size] =
        co_await asio::async_write(socket, asio::buffer(bytes), asio::as_tuple);
    co_return !error;
}

/// For as long as the server takes it. (GCC 12 makes code that traps of `while (co_await
/// send_all(...))`.)
asio::awaitable<void> send_repeatedly(Socket& socket, std::string_view bytes,
                                      std::chrono::milliseconds every) {
    for (;;) {
        bool const taken = co_await send_all(socket, bytes);
        if (!taken) {
            co_return;
        }
        co_await rest(every);
    }
}

asio::awaitable<void> send_slowly(Socket& socket, std::string_view message) {
    for (std::size_t next = 0;; next = (next + 1) % message.size()) {
        bool const taken = co_await send_all(socket, message.substr(next, 1));
        if (!taken) {
            co_return;
        }
        co_await rest(pause);
    }
}

}  // namespace

MisbehavingClients::MisbehavingClients(LoadSettings const& settings, Target const& target)
    : target_(target), connect_timeout_(settings.connect_timeout), context_(1) {
    LoadSettings plain = settings;
    plain.audit = false;
    Messages(plain, 0).append(message_, {.client = 0, .connection = 0, .message = 0});
    std::size_t number = settings.clients;
    for (auto const& [kind, count] : settings.misbehaving) {
        for (std::size_t i = 0; i < count; ++i) {
            // What happens to them is not reported.
            spawn(asio::any_io_executor(context_.get_executor()), misbehave(kind, number++),
                  [](std::exception_ptr const&) {});
        }
    }
    thread_ = start_thread([this] { context_.run(); });
}

MisbehavingClients::~MisbehavingClients() {
    context_.stop();
}

/// Whatever ends a connection, it tries again, as such clients do.
asio::awaitable<void> MisbehavingClients::misbehave(Misbehaviour kind, std::size_t number) {
    bool const datagrams = target_.type == SocketType::datagram;
    for (;;) {
        if (datagrams) {
            co_await send_datagrams(number);
        } else {
            co_await misbehave_once(kind, number);
        }
        co_await rest(pause);
    }
}

/// As a healthy client does: from the same addresses of ours, and to the server's in turn. Returns
/// false where that fails.
template <typename ClientSocket>
asio::awaitable<bool> MisbehavingClients::connect(ClientSocket& socket, std::size_t number) {
    std::size_t const first = target_.preferred;
    for (std::size_t tried = 0; tried < target_.endpoints.size(); ++tried) {
        Endpoint const& server = target_.endpoints[(first + tried) % target_.endpoints.size()];
        bool const connected = co_await connect_to(server, socket, number);
        if (connected) {
            co_return true;
        }
    }
    co_return false;
}

template <typename ClientSocket>
asio::awaitable<bool> MisbehavingClients::connect_to(Endpoint const& server, ClientSocket& socket,
                                                     std::size_t number) {
    using Protocol = typename ClientSocket::protocol_type;
    asio::error_code error;
    socket.close(error);
    Descriptor opened = open_client_socket(target_.type, server, target_.sources.of(number));
    if (!opened || assign(socket, Protocol(server.data()->sa_family, 0), std::move(opened))) {
        co_return false;
    }
    typename Protocol::endpoint const endpoint(server.data(), server.size());
    std::tie(error) = co_await socket.async_connect(
        endpoint,
        asio::cancel_at(moment_after(target_.share_of(connect_timeout_)), asio::as_tuple));
    if (!error) {
        socket.remote_endpoint(error);  // Asio connects where a Unix listen queue is full
    }
    co_return !error && connect_error(socket.native_handle(), server) == 0;
}

/// Reads none of the answers: datagrams know no other misbehaviour.
asio::awaitable<void> MisbehavingClients::send_datagrams(std::size_t number) {
    asio::generic::datagram_protocol::socket socket(context_);
    bool taken = co_await connect(socket, number);
    while (taken) {
        auto const [error, size] =
            co_await socket.async_send(asio::buffer(message_), asio::as_tuple);
        taken = !error;
        co_await rest(1ms);
    }
}

asio::awaitable<void> MisbehavingClients::misbehave_once(Misbehaviour kind, std::size_t number) {
    Socket socket(context_);
    bool const connected = co_await connect(socket, number);
    if (!connected) {
        co_return;
    }
    std::string const endless(16 * 1024, 'x');
    asio::error_code ignored;  // of a connection that the server has ended already
    switch (kind) {
        case Misbehaviour::silent:
            co_await read_to_end(socket);
            co_return;
        case Misbehaviour::slow:
            co_await send_slowly(socket, message_);
            co_return;
        case Misbehaviour::deaf:
            co_await send_repeatedly(socket, message_, 1ms);
            co_return;
        case Misbehaviour::half:
            co_await send_all(socket, message_);
            socket.shutdown(Socket::shutdown_send, ignored);
            co_await read_to_end(socket);
            co_return;
        case Misbehaviour::reset:
            co_await send_all(socket, message_);
            socket.set_option(Socket::linger(true, 0), ignored);
            co_return;
        case Misbehaviour::endless:
            co_await send_repeatedly(socket, endless, 10ms);
            co_return;
    }
}

}  // namespace roger
