// A server with a process for each client, none of which stays behind when it has ended.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <netinet/in.h>
#include <signal.h>
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

// Displays and acknowledges what a client sends, until it has no more to say.
void serve(int client) {
    char message[256];
    for (;;) {
        ssize_t const size = read(client, message, sizeof message);
        if (size <= 0) {
            break;
        }
        std::printf("Here is the message: %.*s", static_cast<int>(size), message);
        std::fflush(stdout);
        std::string_view const ack = "I got your message\n";
        if (write(client, ack.data(), ack.size()) < 0) {
            break;
        }
    }
    close(client);
}

int main(int argc, char* argv[]) {
    int const listener = listen_on(argc > 1 ? std::atoi(argv[1]) : 51717);
    // [fix]
    signal(SIGCHLD, SIG_IGN);  // we do not ask how children ended: signal(7), wait(2)
    // [/fix]
    for (;;) {
        int const client = accept(listener, nullptr, nullptr);
        if (client < 0) {
            fail("accept");
        }
        pid_t const child = fork();
        if (child < 0) {
            fail("fork");
        }
        if (child == 0) {
            close(listener);
            serve(client);
            std::exit(0);
        }
        close(client);  // the child has it
    }
}
