// reported.cpp, and an error of the connection is an exception as well: any client can end the
// server.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client) {
    std::string received;
    for (;;) {
        std::size_t const size =
            co_await asio::async_read_until(client, asio::dynamic_buffer(received, 65'536), '\n');
        display(std::string_view(received).substr(0, size));
        received.erase(0, size);
        co_await asio::async_write(client, asio::buffer("I got your message\n"sv));
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor) {
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept();
        asio::co_spawn(acceptor.get_executor(), serve(std::move(client)), rethrow);
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(acceptor), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "solution_fragile: " << error.what() << '\n';
    return 1;
}
