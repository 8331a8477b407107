// A reference for docs/designs.md, not a part of Roger: the first of the tutorial's designs, a
// process for each client. It receives lines, writes each out and acknowledges it, without any of
// Roger's promises.
//
//     forking_server PORT > FILE

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr std::string_view ack = "I got your message\n";

int listen_on(std::uint16_t port) {
    int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int const on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, SOMAXCONN) != 0) {
        std::perror("forking_server");
        std::exit(1);
    }
    return listener;
}

/// The child's life: until its client goes.
void serve(int client) {
    std::array<char, 4096> buffer;
    std::string unfinished;
    ssize_t size = 0;
    while ((size = ::recv(client, buffer.data(), buffer.size(), 0)) > 0) {
        unfinished.append(buffer.data(), static_cast<std::size_t>(size));
        std::size_t const end = unfinished.rfind('\n') + 1;
        std::string const lines = unfinished.substr(0, end);
        unfinished.erase(0, end);
        std::string acks;
        for (char const byte : lines) {
            acks += byte == '\n' ? ack : std::string_view();
        }
        if (::write(STDOUT_FILENO, lines.data(), lines.size()) !=
                static_cast<ssize_t>(lines.size()) ||
            ::send(client, acks.data(), acks.size(), MSG_NOSIGNAL) < 0) {
            return;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: forking_server PORT\n", stderr);
        return 2;
    }
    int const listener = listen_on(static_cast<std::uint16_t>(std::atoi(argv[1])));
    for (;;) {
        int const client = ::accept(listener, nullptr, nullptr);
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
            // No zombies, but for those of clients that went after the last one came.
        }
        pid_t const child = client < 0 ? -1 : ::fork();
        if (child == 0) {
            serve(client);
            std::_Exit(0);
        }
        if (child < 0) {
            std::perror("forking_server");
        }
        ::close(client);
    }
}
