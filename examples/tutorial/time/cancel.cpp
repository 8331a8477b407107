// Ends a read that nothing comes for: the operation ends, and the coroutine goes on.
#include <asio.hpp>

#include <iostream>

using namespace std::literals;
using Socket = asio::local::stream_protocol::socket;

asio::awaitable<void> read(Socket& socket) {
    char buffer[100];
    auto const [error, size] =
        co_await socket.async_read_some(asio::buffer(buffer), asio::as_tuple);
    std::cout << "read: " << error.message() << ", " << size << " bytes" << std::endl;
}

asio::awaitable<void> stop(Socket& socket) {
    asio::steady_timer timer(socket.get_executor(), 200ms);
    co_await timer.async_wait();
    std::cout << "200 ms have passed" << std::endl;
    socket.cancel();
    std::cout << "cancel() has returned" << std::endl;
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main() {
    asio::io_context context;
    Socket ours(context);
    Socket theirs(context);
    asio::local::connect_pair(ours, theirs);
    asio::co_spawn(context, read(ours), rethrow);
    asio::co_spawn(context, stop(ours), rethrow);
    context.run();
    std::cout << "nothing is left to wait for" << std::endl;
}
