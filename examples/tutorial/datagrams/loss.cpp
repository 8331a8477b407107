// Sends datagrams to a socket that nobody reads, and counts afterwards what is in its queue.
#include <asio.hpp>

#include <iostream>
#include <string>

using asio::ip::udp;

int main() {
    asio::io_context context;
    udp::socket receiver(context, udp::endpoint(asio::ip::address_v4::loopback(), 0));
    udp::socket sender(context, udp::v4());
    std::string const message(1000, '.');
    int sent = 0;
    for (int number = 0; number < 1000; ++number) {
        asio::error_code error;
        sender.send_to(asio::buffer(message), receiver.local_endpoint(), 0, error);
        sent += !error;
    }
    int received = 0;
    std::string buffer(message.size(), '\0');
    receiver.non_blocking(true);
    for (asio::error_code error; !error;) {
        receiver.receive(asio::buffer(buffer), 0, error);
        received += !error;
    }
    std::cout << "sent without an error: " << sent << ", received: " << received << '\n';
}
