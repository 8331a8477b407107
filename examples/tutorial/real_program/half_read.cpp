// Waits for input with an edge-triggered epoll set, and reads once per event.
#include <cstdio>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0) {
        std::perror("socketpair");
        return 1;
    }
    int const set = epoll_create1(0);
    epoll_event watched{.events = EPOLLIN | EPOLLET, .data = {.fd = ends[1]}};
    epoll_ctl(set, EPOLL_CTL_ADD, ends[1], &watched);

    if (write(ends[0], "Hello, server\n", 14) < 0) {
        std::perror("write");
    }
    // [loop]
    epoll_event event;
    while (epoll_wait(set, &event, 1, 1000) == 1) {
        char buffer[8];
        ssize_t const size = read(event.data.fd, buffer, sizeof buffer);
        std::printf("read %.*s\n", static_cast<int>(size), buffer);
    }
    // [/loop]
    std::printf("nothing for a second\n");
}
