// Two coroutines on one event loop: a client under test, and a server that follows a script.
#pragma once

#include "roger/address.hpp"

#include <asio/awaitable.hpp>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {

using Socket = asio::generic::stream_protocol::socket;

/// What the server does with the first connection. It is closed when the script ends.
using ServerScript = std::function<asio::awaitable<void>(Socket&)>;
using ClientScript = std::function<asio::awaitable<void>()>;

/// An address that is taken by nobody else: a free port of this machine, a name not yet used.
Address free_tcp_address();
Address free_unix_address();

class Stage {
public:
    explicit Stage(Address const& address = free_tcp_address());

    /// Where the server listens, with its port.
    [[nodiscard]] Address address() const;

    /// Plays both to their ends. What either throws is thrown on; so is that it takes too long.
    void play(ServerScript const& server, ClientScript const& client);

    /// Plays clients, which begin in this order; nobody accepts.
    void play_without_server(std::vector<ClientScript> const& clients);

private:
    void start(asio::awaitable<void> script);
    void run();
    asio::awaitable<void> serve(ServerScript const& script);

    int running_ = 0;
    asio::io_context loop_;
    asio::basic_socket_acceptor<asio::generic::stream_protocol> acceptor_;
};

/// The next line with its newline.
asio::awaitable<std::string> hear_line(Socket& socket);

asio::awaitable<void> tell(Socket& socket, std::string_view bytes);

/// Lets everything else on the loop go on until the condition holds.
asio::awaitable<void> until(std::function<bool()> const& condition);

/// The other side, on a Unix socket, has read all that was told.
asio::awaitable<void> until_read(Socket& socket);

/// Closes with a reset, as a socket does that is closed with unread bytes.
void reset(Socket& socket);

/// The sentence of what `script` throws.
template <typename Exception>
asio::awaitable<std::string> failure_of(ClientScript const& script) {
    try {
        co_await script();
    } catch (Exception const& failure) {
        co_return failure.what();
    }
    co_return "no failure";
}

}  // namespace roger::test
