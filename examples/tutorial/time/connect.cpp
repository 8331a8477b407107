// Connects to a server that does not accept, until the time is over.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

// [connect_to]
asio::awaitable<void> connect_to(std::vector<tcp::endpoint> addresses) {
    tcp::socket server(co_await asio::this_coro::executor);
    asio::error_code error;
    co_await asio::async_connect(server, addresses,
                                 asio::cancel_after(300ms, asio::redirect_error(error)));
    std::cout << (error ? error.message() : "connected") << '\n';
}
// [/connect_to]

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main() try {
    asio::io_context context;
    tcp::acceptor acceptor(context, tcp::v4());
    acceptor.bind({asio::ip::address_v4::loopback(), 0});
    acceptor.listen(0);  // a queue for one
    tcp::socket first(context);
    first.connect(acceptor.local_endpoint());
    asio::co_spawn(context, connect_to({acceptor.local_endpoint()}), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "connect: " << error.what() << '\n';
    return 1;
}
