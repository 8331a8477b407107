// The floor that Roger is measured against: the least that a line server can do, by hand, with
// epoll. It receives, writes each message out and acknowledges it, without any of Roger's
// promises: no deadline, no limit, no escaping, no answer to a partial write.
//
//     floor_server [--ack-at-once] [--sync] [--threads N] ADDRESS > FILE
//
// --ack-at-once writes nothing out; --sync acknowledges after fdatasync().

#include "loopback.hpp"
#include "records.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <getopt.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Options {
    bool ack_at_once = false;
    bool sync = false;
    int threads = 1;
    bench::Address address;
};

struct Client {
    int socket;
    std::string unfinished;
    std::size_t acks = 0;
};

/// One thread's clients.
class Loop {
public:
    Loop(Options const& options, int listener)
        : options_(options), listener_(listener), scratch_(65536) {
        epoll_event listening{.events = EPOLLIN, .data = {.ptr = nullptr}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &listening);
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 128> events;
        for (;;) {
            int const count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
            for (int i = 0; i < count; ++i) {
                serve(static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr));
            }
            if (!records_.empty()) {
                write_out();
            }
            for (Client* client : ready_) {
                acknowledge(*client);
            }
            ready_.clear();
        }
    }

private:
    void serve(Client* client) {
        if (client == nullptr) {
            accept();
        } else if (receive(*client)) {
            ready_.push_back(client);
        } else {
            ::close(client->socket);
            delete client;
        }
    }

    void accept() const {
        int const socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
        if (socket >= 0) {
            epoll_event event{.events = EPOLLIN, .data = {.ptr = new Client{socket, {}}}};
            ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
        }
    }

    /// Adds the client's whole messages to the records. Returns false when the client is gone.
    bool receive(Client& client) {
        ssize_t const size = ::recv(client.socket, scratch_.data(), scratch_.size(), 0);
        if (size <= 0) {
            return false;
        }
        std::string_view bytes(scratch_.data(), static_cast<std::size_t>(size));
        if (options_.ack_at_once) {
            client.acks += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
            return true;
        }
        client.acks += bench::add_records(bytes, client.unfinished, records_);
        return true;
    }

    void acknowledge(Client& client) {
        if (client.acks == 0) {
            return;
        }
        auto const acks = bench::acknowledgements(client.acks);
        ::send(client.socket, acks.data(), acks.size(), MSG_NOSIGNAL);
        client.acks = 0;
    }

    void write_out() {
        bench::write_out(records_);
        if (options_.sync && ::fdatasync(STDOUT_FILENO) != 0) {
            bench::give_up("cannot sync standard output");
        }
    }

    Options const& options_;
    int listener_;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<char> scratch_;
    std::string records_;
    std::vector<Client*> ready_;
};

/// Each thread listens for itself: the system shares the connections out among them.
[[noreturn]] void serve(Options const& options) {
    std::vector<std::thread> others;
    for (int i = 1; i < options.threads; ++i) {
        int const listener = bench::listen_at(options.address);
        others.emplace_back([&options, listener] { Loop(options, listener).run(); });
    }
    Loop loop(options, bench::listen_at(options.address));
    bench::announce();
    loop.run();
}

}  // namespace

int main(int argc, char** argv) {
    constexpr option names[] = {{"ack-at-once", no_argument, nullptr, 'a'},
                                {"sync", no_argument, nullptr, 's'},
                                {"threads", required_argument, nullptr, 't'},
                                {}};
    Options options;
    bool usable = true;
    for (int name = 0; (name = ::getopt_long(argc, argv, "", names, nullptr)) != -1;) {
        switch (name) {
            case 'a':
                options.ack_at_once = true;
                break;
            case 's':
                options.sync = true;
                break;
            case 't':
                options.threads = std::atoi(optarg);
                break;
            default:
                usable = false;
        }
    }
    if (!usable || ::optind + 1 != argc) {
        std::fprintf(stderr, "usage: %s [--ack-at-once] [--sync] [--threads N] ADDRESS > FILE\n",
                     argv[0]);
        return 2;
    }
    options.address = bench::Address::of(argv[::optind]);
    bench::allow_many_files();
    std::signal(SIGPIPE, SIG_IGN);
    serve(options);
}
