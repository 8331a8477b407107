// Finds the largest datagram that can be sent over UDP on this machine.
#include <asio.hpp>

#include <iostream>
#include <string>

using asio::ip::udp;

std::size_t largest(udp::endpoint const& from) {
    asio::io_context context;
    udp::socket socket(context, from);
    std::size_t good = 0;
    std::size_t bad = 100'000;
    while (bad - good > 1) {
        std::string const message((good + bad) / 2, '.');
        asio::error_code error;
        socket.send_to(asio::buffer(message), socket.local_endpoint(), 0, error);
        (error ? bad : good) = message.size();
    }
    return good;
}

int main() {
    std::cout << largest({asio::ip::address_v4::loopback(), 0}) << '\n';
}
