// The plainest line server of Asio's coroutines: a session reads a line and acknowledges it, with
// nothing in between. No output, no deadline, no limit; one thread.
//
//     asio_server ADDRESS

#include "loopback.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace {

using asio::ip::tcp;

asio::awaitable<void> serve(tcp::socket socket) {
    auto const ack = bench::acknowledgements(1);
    std::string received;
    for (;;) {  // until the client leaves, and an exception with it
        std::size_t const size =
            co_await asio::async_read_until(socket, asio::dynamic_buffer(received), '\n');
        received.erase(0, size);
        co_await asio::async_write(socket, asio::buffer(ack.data(), ack.size()));
    }
}

asio::awaitable<void> listen(tcp::acceptor acceptor) {
    for (;;) {
        auto socket = co_await acceptor.async_accept();
        socket.set_option(tcp::no_delay(true));
        asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s ADDRESS\n", argv[0]);
        return 2;
    }
    bench::allow_many_files();
    asio::io_context loop(1);
    int const listener = bench::listen_at(bench::Address::of(argv[1]));
    asio::co_spawn(loop, listen(tcp::acceptor(loop, tcp::v4(), listener)), asio::detached);
    bench::announce();
    loop.run();
}
