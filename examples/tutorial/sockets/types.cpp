// What a reader gets of two messages that were sent before it looked: of a stream, and of
// datagrams.
#include <cstdio>

#include <sys/socket.h>
#include <unistd.h>

void send_two_and_read(char const* title, int type) {
    int ends[2];
    if (socketpair(AF_UNIX, type, 0, ends) < 0) {
        std::perror("socketpair");
        return;
    }
    if (write(ends[0], "one,", 4) < 0 || write(ends[0], "two,", 4) < 0) {
        std::perror("write");
    }
    char buffer[256];
    ssize_t const size = read(ends[1], buffer, sizeof buffer);
    std::printf("%-10s %.*s\n", title, static_cast<int>(size), buffer);
    close(ends[0]);
    close(ends[1]);
}

int main() {
    send_two_and_read("stream", SOCK_STREAM);
    send_two_and_read("datagram", SOCK_DGRAM);
}
