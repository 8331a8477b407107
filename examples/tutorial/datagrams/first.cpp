// A server for datagrams: each is a message, which is displayed and acknowledged.
#include <asio.hpp>

#include <array>
#include <iostream>

using asio::ip::udp;
using namespace std::literals;

void display(std::string_view message) {
    if (message.ends_with('\n')) {
        message.remove_suffix(1);  // some clients send lines
    }
    if (!(std::cout << message << std::endl)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(udp::socket& socket) {
    std::array<char, 1024> buffer;
    for (;;) {
        udp::endpoint sender;
        auto [error, size] =
            co_await socket.async_receive_from(asio::buffer(buffer), sender, asio::as_tuple);
        if (error) {  // out of memory, for example: it passes
            std::cerr << "cannot receive: " << error.message() << '\n';
            co_await asio::steady_timer(socket.get_executor(), 100ms).async_wait();
            continue;
        }
        std::string_view const message(buffer.data(), size);
        display(message);  // returns when it is written
        co_await socket.async_send_to(asio::buffer("I got your message\n"sv), sender,
                                      asio::as_tuple);
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    udp::socket socket(context, *udp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << socket.local_endpoint() << '\n';
    asio::co_spawn(context, serve(socket), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "first: " << error.what() << '\n';
    return 1;
}
