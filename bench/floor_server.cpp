// The floor that Roger is measured against: the least that a line server can do, by hand, with
// epoll. It receives, writes each message out and acknowledges it, without any of Roger's
// promises: no deadline, no limit, no escaping, no answer to a partial write.
//
//     floor_server PORT > FILE

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view ack = "I got your message\n";

struct Client {
    int socket;
    std::string unfinished;
    std::size_t acks = 0;
};

int listen_on(std::uint16_t port) {
    int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int const on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, SOMAXCONN) != 0) {
        std::perror("floor_server");
        std::exit(1);
    }
    return listener;
}

/// Adds the client's whole messages to `records`. Returns false when the client is gone.
bool receive(Client& client, std::array<char, 65536>& scratch, std::string& records) {
    ssize_t const size = ::recv(client.socket, scratch.data(), scratch.size(), 0);
    if (size <= 0) {
        return false;
    }
    std::string_view bytes(scratch.data(), static_cast<std::size_t>(size));
    for (std::size_t end; (end = bytes.find('\n')) != bytes.npos; bytes.remove_prefix(end + 1)) {
        records += client.unfinished;
        records += bytes.substr(0, end + 1);
        client.unfinished.clear();
        ++client.acks;
    }
    client.unfinished += bytes;
    return true;
}

void acknowledge(Client& client, std::string& acks) {
    acks.clear();
    for (; client.acks > 0; --client.acks) {
        acks += ack;
    }
    ::send(client.socket, acks.data(), acks.size(), MSG_NOSIGNAL);
}

void write_out(std::string& records) {
    if (::write(STDOUT_FILENO, records.data(), records.size()) !=
        static_cast<ssize_t>(records.size())) {
        std::perror("floor_server: standard output");
        std::exit(1);
    }
    records.clear();
}

void serve(int listener) {
    int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event listening{.events = EPOLLIN, .data = {.ptr = nullptr}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);
    std::array<epoll_event, 128> events;
    static std::array<char, 65536> scratch;
    std::string records;
    std::string acks;
    std::vector<Client*> ready;
    for (;;) {
        int const count = ::epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            auto* client = static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (client == nullptr) {
                int const socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                if (socket >= 0) {
                    epoll_event event{.events = EPOLLIN, .data = {.ptr = new Client{socket, {}}}};
                    ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
                }
            } else if (receive(*client, scratch, records)) {
                ready.push_back(client);
            } else {
                ::close(client->socket);
                delete client;
            }
        }
        if (!records.empty()) {
            write_out(records);
        }
        for (Client* client : ready) {
            acknowledge(*client, acks);
        }
        ready.clear();
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s PORT > FILE\n", argv[0]);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    serve(listen_on(static_cast<std::uint16_t>(std::atoi(argv[1]))));
}
