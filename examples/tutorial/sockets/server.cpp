// A server for one client: receives one message, displays it, acknowledges it, and ends.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// [fail]
[[noreturn]] void fail(char const* what) {
    std::perror(what);  // the reason is in errno
    std::exit(1);
}
// [/fail]

int main(int argc, char* argv[]) {
    int const port = argc > 1 ? std::atoi(argv[1]) : 51717;
    // [socket]
    int const listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0) {
        fail("socket");
    }
    // [/socket]
    // [bind]
    int const yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<in_port_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);  // 127.0.0.1: this machine alone
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
        fail("bind");
    }
    // [/bind]
    // [accept]
    if (listen(listener, 5) < 0) {
        fail("listen");
    }
    std::fprintf(stderr, "listening on port %d\n", port);
    int const client = accept(listener, nullptr, nullptr);
    if (client < 0) {
        fail("accept");
    }
    // [/accept]
    // [conversation]
    char message[256];
    ssize_t const size = read(client, message, sizeof message);
    if (size < 0) {
        fail("read");
    }
    std::printf("Here is the message: %.*s", static_cast<int>(size), message);
    std::fflush(stdout);  // written out before it is acknowledged
    std::string_view const ack = "I got your message\n";
    if (write(client, ack.data(), ack.size()) < 0) {
        fail("write");
    }
    // [/conversation]
    close(client);
    close(listener);
}
