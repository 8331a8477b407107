// Sends messages to a Unix datagram server, as many as it takes, and reads none of the answers.
#include <asio.hpp>

#include <iostream>
#include <string>

using asio::local::datagram_protocol;
using namespace std::literals;

int main(int argc, char* argv[]) try {
    std::string const server = argc > 1 ? argv[1] : "tutorial";
    asio::io_context context;
    datagram_protocol::socket socket(context, "\0deaf"s);
    socket.non_blocking(true);
    int sent = 0;
    for (int vain = 0; sent < 1000 && vain < 20;) {
        asio::error_code error;
        socket.send_to(asio::buffer("hello\n"sv), '\0' + server, 0, error);
        if (error) {  // its queue is full
            asio::steady_timer(context, 20ms).wait();
        }
        vain = error ? vain + 1 : 0;
        sent += !error;
    }
    std::cerr << "sent " << sent << " messages\n";
    asio::steady_timer(context, 1min).wait();
} catch (std::exception const& error) {
    std::cerr << "deaf: " << error.what() << '\n';
    return 1;
}
