// server.cpp in the Unix domain: its address is a path.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

[[noreturn]] void fail(char const* what) {
    std::perror(what);  // the reason is in errno
    std::exit(1);
}

int main(int argc, char* argv[]) {
    char const* const path = argc > 1 ? argv[1] : "socket";
    int const listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0) {
        fail("socket");
    }
    // [address]
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    unlink(path);  // of a server that has ended; bind() takes no path that exists
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
        fail("bind");
    }
    // [/address]
    if (listen(listener, 5) < 0) {
        fail("listen");
    }
    std::fprintf(stderr, "listening on %s\n", path);
    int const client = accept(listener, nullptr, nullptr);
    if (client < 0) {
        fail("accept");
    }
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
    close(client);
    close(listener);
    unlink(path);
}
