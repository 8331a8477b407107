// Sends one message, a line of standard input, to a server, and prints its answer.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

// [fail]
[[noreturn]] void fail(char const* what) {
    std::perror(what);
    std::exit(1);
}
// [/fail]

// [connect]
// A connection to the first address of the name that takes one.
int connect_to(char const* host, char const* port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* addresses = nullptr;
    if (int const error = getaddrinfo(host, port, &hints, &addresses)) {
        std::fprintf(stderr, "%s: %s\n", host, gai_strerror(error));
        std::exit(1);
    }
    for (addrinfo const* address = addresses; address; address = address->ai_next) {
        int const server = socket(address->ai_family, address->ai_socktype, 0);
        if (server >= 0 && connect(server, address->ai_addr, address->ai_addrlen) == 0) {
            freeaddrinfo(addresses);
            return server;
        }
        close(server);
    }
    fail("connect");
}
// [/connect]

int main(int argc, char* argv[]) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s HOST PORT\n", argv[0]);
        return 1;
    }
    int const server = connect_to(argv[1], argv[2]);
    // [exchange]
    std::cout << "Please enter the message: " << std::flush;
    std::string message;
    std::getline(std::cin, message);
    message += '\n';
    if (write(server, message.data(), message.size()) < 0) {
        fail("write");
    }
    char answer[256];
    ssize_t const size = read(server, answer, sizeof answer);
    if (size < 0) {
        fail("read");
    }
    std::cout << std::string_view(answer, static_cast<std::size_t>(size));
    // [/exchange]
    close(server);
}
