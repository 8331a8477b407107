// server.cpp on a Unix socket.
#include <asio.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <string>

#include <sys/socket.h>

using asio::local::datagram_protocol;
using namespace std::literals;

void display(std::string_view message) {
    if (message.ends_with('\n')) {
        message.remove_suffix(1);  // some clients send lines
    }
    if (!(std::cout << message << std::endl)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(datagram_protocol::socket& socket) {
    std::array<char, 1024> buffer;
    for (;;) {
        datagram_protocol::endpoint sender;
        auto [error, size] = co_await socket.async_receive_from(asio::buffer(buffer), sender,
                                                                MSG_TRUNC, asio::as_tuple);
        if (error) {  // out of memory, for example: it passes
            std::cerr << "cannot receive: " << error.message() << '\n';
            co_await asio::steady_timer(socket.get_executor(), 100ms).async_wait();
            continue;
        }
        std::string_view const message(buffer.data(), std::min(size, buffer.size()));
        if (message == "I got your message\n" || message.starts_with("error: ")) {
            continue;
        }
        if (size > buffer.size()) {
            co_await socket.async_send_to(asio::buffer("error: message too long\n"sv), sender,
                                          asio::as_tuple);
            continue;
        }
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
    std::string const name = argc > 1 ? argv[1] : "tutorial";
    datagram_protocol::socket socket(context, '\0' + name);
    std::cerr << "listening on @" << name << '\n';
    asio::co_spawn(context, serve(socket), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "unix_waits: " << error.what() << '\n';
    return 1;
}
