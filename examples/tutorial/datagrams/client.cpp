// Sends a datagram, and sends it again until it is acknowledged.
#include <asio.hpp>

#include <array>
#include <iostream>
#include <string>

using asio::ip::udp;
using namespace std::literals;

asio::awaitable<bool> send(udp::socket& socket, udp::endpoint server, std::string message) {
    std::array<char, 1024> answer;
    for (int attempt = 1; attempt <= 5; ++attempt) {
        co_await socket.async_send_to(asio::buffer(message), server);
        udp::endpoint sender;
        auto [error, size] = co_await socket.async_receive_from(
            asio::buffer(answer), sender, asio::cancel_after(500ms, asio::as_tuple));
        if (!error && sender == server) {
            std::cout << std::string_view(answer.data(), size);
            co_return true;
        }
        std::cout << "attempt " << attempt << ": no answer" << std::endl;
    }
    co_return false;
}

int main(int argc, char* argv[]) try {
    if (argc != 3) {
        std::cerr << "usage: client PORT MESSAGE\n";
        return 2;
    }
    asio::io_context context;
    udp::socket socket(context, udp::endpoint(udp::v4(), 0));
    udp::endpoint const server = *udp::resolver(context).resolve("127.0.0.1", argv[1]).begin();
    bool acknowledged = false;
    asio::co_spawn(context, send(socket, server, argv[2]), [&](std::exception_ptr error, bool is) {
        if (error) {
            std::rethrow_exception(error);
        }
        acknowledged = is;
    });
    context.run();
    return acknowledged ? 0 : 1;
} catch (std::exception const& error) {
    std::cerr << "client: " << error.what() << '\n';
    return 1;
}
