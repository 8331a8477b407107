// Two coroutines on one event loop: a client under test, and a server that follows a script.
#pragma once

#include "roger/address.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {

/// Long enough for whatever does happen.
inline constexpr Timeout patient = std::chrono::minutes(2);

using Socket = asio::generic::stream_protocol::socket;

/// What the server does with the first connection. It is closed when the script ends.
using ServerScript = std::function<asio::awaitable<void>(Socket&)>;
using Script = std::function<asio::awaitable<void>()>;

/// An address that is taken by nobody else: a free port of this machine, a name not yet used.
Address free_tcp_address();
Address free_unix_address();

class Stage {
public:
    explicit Stage(Address const& address = free_tcp_address());

    /// Where the server listens, with its port.
    [[nodiscard]] Address address() const { return address_; }

    /// Plays both to their ends. What either throws is thrown on; so is that it takes too long.
    void play(ServerScript const& server, Script const& client);

    /// Plays scripts, which begin in this order; whoever is a server among them calls accept().
    void play_all(std::vector<Script> const& scripts);

    asio::awaitable<Socket> accept();
    /// Nobody can connect any more; those in the listen queue are reset.
    void stop_listening();
    void listen_again();

private:
    void start(asio::awaitable<void> script);
    void run();
    asio::awaitable<void> serve(ServerScript const& script);

    int running_ = 0;
    asio::io_context loop_;
    asio::basic_socket_acceptor<asio::generic::stream_protocol> acceptor_;
    Address address_;
};

/// The next line with its newline.
asio::awaitable<std::string> hear_line(Socket& socket);

/// The lines of a peer that sends the next without waiting, each without its newline.
class LineReader {
public:
    explicit LineReader(Socket& socket) : socket_(socket) {}

    asio::awaitable<std::string> next();
    /// All that comes until the other side says no more.
    asio::awaitable<std::string> rest();
    /// What has come of further lines. Lets everything else on the loop go on before it looks.
    asio::awaitable<std::string> more();

private:
    Socket& socket_;
    std::string received_;
};

asio::awaitable<void> tell(Socket& socket, std::string_view bytes);

/// Lets everything else on the loop go on, for long enough to say what does not happen there.
asio::awaitable<void> many_rounds();

/// Lets everything else on the loop go on until the condition holds.
asio::awaitable<void> until(std::function<bool()> const& condition);

/// The other side, on a Unix socket, has read all that was told.
asio::awaitable<void> until_read(Socket& socket);

/// Closes with a reset, as a socket does that is closed with unread bytes.
void reset(Socket& socket);

/// The sentence of what `script` throws.
template <typename Exception>
asio::awaitable<std::string> failure_of(Script const& script) {
    try {
        co_await script();
    } catch (Exception const& failure) {
        co_return failure.what();
    }
    co_return "no failure";
}

}  // namespace roger::test
