// A server of coroutines whose event loop and awaitable are made by hand: what Asio does, in small.
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
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

struct Task {
    struct promise_type {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

// [readable]
std::map<int, std::coroutine_handle<>> waiting;  // the descriptor, and who waits for it

// co_await Readable{descriptor} returns when there is something to read, or to accept.
struct Readable {
    int descriptor;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) const { waiting[descriptor] = coroutine; }
    void await_resume() const {}
};
// [/readable]

// [coroutines]
Task serve(int client) {
    for (;;) {
        co_await Readable{client};
        char message[256];
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

Task accept_clients(int listener) {
    for (;;) {
        co_await Readable{listener};
        int const client = accept(listener, nullptr, nullptr);
        if (client < 0) {
            fail("accept");
        }
        serve(client);
    }
}
// [/coroutines]

// [run]
// The event loop: wait, and resume whose descriptor is ready.
void run() {
    for (;;) {
        std::vector<pollfd> watched;
        for (auto const& [descriptor, coroutine] : waiting) {
            watched.push_back({descriptor, POLLIN, 0});
        }
        if (poll(watched.data(), watched.size(), -1) < 0) {
            fail("poll");
        }
        for (pollfd const& entry : watched) {
            if (entry.revents != 0) {
                waiting.extract(entry.fd).mapped().resume();
            }
        }
    }
}
// [/run]

int main(int argc, char* argv[]) {
    accept_clients(listen_on(argc > 1 ? std::atoi(argv[1]) : 51717));
    run();
}
