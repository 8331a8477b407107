// A server with an event loop of plain system calls: one process, one thread, any number of
// clients.
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

[[noreturn]] void fail(char const* what) {
    std::perror(what);
    std::exit(1);
}

int listen_on(int port) {
    int const listener = socket(AF_INET, SOCK_STREAM, 0);
    int const yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<in_port_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
        fail("bind");
    }
    if (listen(listener, SOMAXCONN) < 0) {
        fail("listen");
    }
    std::fprintf(stderr, "listening on port %d\n", port);
    return listener;
}

// Receives, displays and acknowledges once; whether the client is still there.
bool serve(int client) {
    char message[256];
    ssize_t const size = read(client, message, sizeof message);
    if (size <= 0) {
        return false;
    }
    std::printf("Here is the message: %.*s", static_cast<int>(size), message);
    std::fflush(stdout);
    std::string_view const ack = "I got your message\n";
    return write(client, ack.data(), ack.size()) > 0;
}

int main(int argc, char* argv[]) {
    int const listener = listen_on(argc > 1 ? std::atoi(argv[1]) : 51717);
    // [loop]
    std::vector<pollfd> watched{{listener, POLLIN, 0}};
    for (;;) {
        if (poll(watched.data(), watched.size(), -1) < 0) {  // waits until one of them is ready
            fail("poll");
        }
        for (pollfd& entry : watched) {
            if (entry.revents != 0 && entry.fd != listener && !serve(entry.fd)) {
                close(entry.fd);
                entry.fd = -1;
            }
        }
        std::erase_if(watched, [](pollfd const& entry) { return entry.fd < 0; });
        if (watched.front().revents != 0) {
            int const client = accept(listener, nullptr, nullptr);
            if (client < 0) {
                fail("accept");
            }
            watched.push_back({client, POLLIN, 0});
        }
    }
    // [/loop]
}
