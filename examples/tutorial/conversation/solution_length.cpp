// Each message begins with its length: two bytes, the larger part first.
#include <asio.hpp>

#include <array>
#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client) try {
    for (;;) {
        std::array<unsigned char, 2> length;
        co_await asio::async_read(client, asio::buffer(length));
        std::string message(length[0] * 256U + length[1], '\0');
        co_await asio::async_read(client, asio::buffer(message));
        display("[" + message + "]\n");
        co_await asio::async_write(client, asio::buffer("I got your message\n"sv));
    }
} catch (asio::system_error const& error) {
    if (error.code() != asio::error::eof) {
        std::cerr << "a client: " << error.what() << '\n';
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor acceptor) {
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
    asio::co_spawn(context, listen(std::move(acceptor)), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "solution_length: " << error.what() << '\n';
    return 1;
}
