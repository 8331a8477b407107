// A reference for docs/designs.md, not a part of Roger: the second of the tutorial's designs, one
// datagram after the other. It receives a datagram, writes it out as a line and acknowledges it,
// without any of Roger's promises.
//
//     iterative_server PORT > FILE

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view ack = "I got your message\n";

int bind_to(std::uint16_t port) {
    int const server = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::perror("iterative_server");
        std::exit(1);
    }
    return server;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: iterative_server PORT\n", stderr);
        return 2;
    }
    int const server = bind_to(static_cast<std::uint16_t>(std::atoi(argv[1])));
    std::array<char, 65536> buffer;
    for (;;) {
        sockaddr_in sender{};
        socklen_t size = sizeof sender;
        ssize_t const bytes = ::recvfrom(server, buffer.data(), buffer.size() - 1, 0,
                                         reinterpret_cast<sockaddr*>(&sender), &size);
        if (bytes < 0) {
            continue;
        }
        buffer[static_cast<std::size_t>(bytes)] = '\n';
        if (::write(STDOUT_FILENO, buffer.data(), static_cast<std::size_t>(bytes) + 1) !=
            bytes + 1) {
            std::perror("iterative_server");
            return 1;
        }
        ::sendto(server, ack.data(), ack.size(), 0, reinterpret_cast<sockaddr*>(&sender), size);
    }
}
