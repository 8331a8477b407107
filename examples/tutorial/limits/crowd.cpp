// Connects many clients, each with the beginning of a message that does not end, and keeps them.
#include <asio.hpp>

#include <iostream>
#include <vector>

#include <unistd.h>

using asio::ip::tcp;

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    std::size_t const clients = argc > 2 ? std::stoul(argv[2]) : 500;
    std::string const beginning(argc > 3 ? std::stoul(argv[3]) : 0, 'x');
    tcp::endpoint const server = *tcp::resolver(context).resolve("127.0.0.1", port).begin();
    std::vector<tcp::socket> sockets;
    while (sockets.size() < clients) {
        sockets.emplace_back(context).connect(server);
        asio::write(sockets.back(), asio::buffer(beginning));
    }
    std::cout << "clients: " << clients << ", bytes from each: " << beginning.size() << std::endl;
    pause();  // until a signal ends it
} catch (std::exception const& error) {
    std::cerr << "crowd: " << error.what() << '\n';
    return 1;
}
