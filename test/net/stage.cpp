// Two coroutines on one event loop: a client under test, and a server that follows a script.
#include "net/stage.hpp"

#include "net/endpoint.hpp"
#include "support/deadline.hpp"

#include <asio/as_tuple.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/deferred.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/socket_base.hpp>
#include <asio/write.hpp>

#include <cstddef>
#include <exception>
#include <utility>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace roger::test {

Address free_tcp_address() {
    return {.transport = Transport::tcp, .host = "127.0.0.1", .port = 0, .path = {}};
}

Address free_unix_address() {
    static int number = 0;
    return {.transport = Transport::unix_stream,
            .host = {},
            .port = 0,
            .path = "@roger-stage-" + std::to_string(getpid()) + '-' + std::to_string(++number)};
}

Stage::Stage(Address const& address)
    : acceptor_(loop_, resolve_listening(address).front(), /*reuse_addr=*/false),
      address_(to_address(acceptor_.local_endpoint())) {}

void Stage::play(ServerScript const& server, Script const& client) {
    start(serve(server));
    start(client());
    run();
}

void Stage::play_all(std::vector<Script> const& scripts) {
    for (Script const& script : scripts) {
        start(script());
    }
    run();
}

asio::awaitable<Socket> Stage::accept() {
    co_return co_await acceptor_.async_accept();
}

void Stage::stop_listening() {
    acceptor_.close();
}

void Stage::listen_again() {
    Endpoint const endpoint = resolve_listening(address_).front();
    acceptor_.open(endpoint.protocol());
    acceptor_.bind(endpoint);
    acceptor_.listen();
}

void Stage::start(asio::awaitable<void> script) {
    ++running_;
    asio::co_spawn(loop_, std::move(script), [this](std::exception_ptr thrown) {
        --running_;
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    });
}

void Stage::run() {
    loop_.restart();
    loop_.run_for(default_deadline);
    if (running_ > 0) {
        throw Failure("the play did not come to its end");
    }
}

asio::awaitable<void> Stage::serve(ServerScript const& script) {
    Socket socket = co_await accept();
    co_await script(socket);
}

asio::awaitable<std::string> hear_line(Socket& socket) {
    std::string line;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(line), '\n');
    co_return line;
}

asio::awaitable<std::string> LineReader::next() {
    std::size_t const size =
        co_await asio::async_read_until(socket_, asio::dynamic_buffer(received_), '\n');
    std::string line = received_.substr(0, size - 1);
    received_.erase(0, size);
    co_return line;
}

asio::awaitable<std::string> LineReader::rest() {
    auto const [error, size] =
        co_await asio::async_read(socket_, asio::dynamic_buffer(received_), asio::as_tuple);
    if (error != asio::error::eof) {
        throw Failure("the end of the stream is " + error.message());
    }
    co_return std::exchange(received_, {});
}

asio::awaitable<std::string> LineReader::more() {
    co_await many_rounds();
    std::string bytes(socket_.available(), '\0');
    co_await asio::async_read(socket_, asio::buffer(bytes));
    received_ += bytes;
    co_return received_;
}

asio::awaitable<void> many_rounds() {
    for (int round = 0; round < 100; ++round) {
        co_await asio::post(asio::deferred);
    }
}

asio::awaitable<void> tell(Socket& socket, std::string_view bytes) {
    co_await asio::async_write(socket, asio::buffer(bytes));
}

asio::awaitable<void> until(std::function<bool()> const& condition) {
    while (!condition()) {
        co_await asio::post(asio::deferred);
    }
}

asio::awaitable<void> until_read(Socket& socket) {
    auto const nothing_left = [&socket] {
        int left = 0;
        return ioctl(socket.native_handle(), SIOCOUTQ, &left) == 0 && left == 0;
    };
    co_await until(nothing_left);
}

void reset(Socket& socket) {
    socket.set_option(asio::socket_base::linger(true, 0));
    socket.close();
}

}  // namespace roger::test
