#include "closed_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

/// A datagram that was not answered for so long is taken for lost.
constexpr auto patience = 200ms;

hdr_histogram* new_histogram() {
    hdr_histogram* histogram = nullptr;
    if (::hdr_init(1, 60'000'000'000, 3, &histogram) != 0) {
        give_up("no memory for a histogram");
    }
    return histogram;
}

/// A server that refuses the work is not to be measured.
void check_answer(std::string_view answer) {
    for (std::string_view const refusal : {"error", "ERROR", "CLIENT_ERROR", "SERVER_ERROR", "-"}) {
        if (answer.starts_with(refusal)) {
            std::string const line(answer.substr(0, answer.find_first_of("\r\n")));
            std::fprintf(stderr, "exchange_load: the server answered: %s\n", line.c_str());
            std::exit(1);
        }
    }
}

}  // namespace

ClosedLoop::ClosedLoop(Settings settings)
    : settings_(std::move(settings)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      scratch_(1 << 18),
      histogram_(new_histogram(), ::hdr_close) {
    for (std::size_t i = 0; i <= settings_.depth; ++i) {
        repeated_ += settings_.text;
    }
    clients_.reserve(settings_.clients);
    for (std::size_t i = 0; i < settings_.clients; ++i) {
        connect(clients_.emplace_back(Client{.in_flight = InFlight(settings_.depth)}));
    }
}

void ClosedLoop::run(std::chrono::duration<double> time) {
    exchanges_ = 0;
    resent_ = 0;
    ::hdr_reset(histogram_.get());
    std::array<epoll_event, 256> events;
    auto now = Clock::now();
    auto const end = now + std::chrono::duration_cast<Clock::duration>(time);
    for (; now < end; now = Clock::now()) {
        int const count = ::epoll_wait(epoll_, events.data(), events.size(), 50);
        for (int i = 0; i < count; ++i) {
            auto const& event = events[static_cast<std::size_t>(i)];
            serve(*static_cast<Client*>(event.data.ptr), event.events, now);
        }
        if (settings_.server.is_datagram() && now >= resend_at_) {
            resend_lost(now);
            resend_at_ = now + patience / 4;
        }
    }
}

double ClosedLoop::response_time(double percentile) const {
    return static_cast<double>(::hdr_value_at_percentile(histogram_.get(), percentile)) / 1000;
}

void ClosedLoop::connect(Client& client) {
    auto const now = Clock::now();
    client.socket = connect_to(settings_.server, settings_.reconnect ? connections_++ : 0);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.socket, &event);
    send(client, settings_.depth, now);
}

void ClosedLoop::serve(Client& client, std::uint32_t events, Clock::time_point now) {
    if ((events & EPOLLOUT) != 0) {
        flush(client);
    }
    if ((events & ~std::uint32_t{EPOLLOUT}) == 0) {
        return;
    }
    std::size_t const answers = receive(client);
    if (!settings_.untimed) {
        now = Clock::now();
    }
    answered(client, answers, now);
    if (settings_.reconnect && answers > 0) {
        ::close(client.socket);
        connect(client);
    } else if (answers > 0) {
        send(client, answers, now);
    }
}

std::string_view ClosedLoop::receive_some(Client& client) {
    ssize_t const size = ::recv(client.socket, scratch_.data(), scratch_.size(), 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
        errno = size == 0 ? ECONNRESET : errno;
        give_up("the server closed a connection");
    }
    std::string_view const bytes(scratch_.data(),
                                 static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    check_answer(bytes);
    return bytes;
}

std::size_t ClosedLoop::receive(Client& client) {
    std::size_t answers = 0;
    if (settings_.server.is_datagram()) {
        while (answers < settings_.depth && !receive_some(client).empty()) {
            ++answers;
        }
        return answers;
    }
    auto const bytes = receive_some(client);
    return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

void ClosedLoop::send(Client& client, std::size_t messages, Clock::time_point now) {
    client.in_flight.push({.sent = now, .messages = messages});
    if (settings_.server.is_datagram()) {
        for (std::size_t i = 0; i < messages; ++i) {  // where there is no room, it is lost
            ::send(client.socket, settings_.text.data(), settings_.text.size(), 0);
        }
        return;
    }
    client.unsent += messages * settings_.text.size();
    if (client.unsent > 0 && !client.blocked) {
        flush(client);
    }
}

void ClosedLoop::flush(Client& client) {
    std::size_t const length = settings_.text.size();
    std::size_t const begin = (length - client.unsent % length) % length;
    ssize_t const size =
        ::send(client.socket, repeated_.data() + begin, client.unsent, MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN) {
        give_up("the server closed a connection");
    }
    client.unsent -= static_cast<std::size_t>(std::max<ssize_t>(size, 0));
    bool const blocked = client.unsent > 0;
    if (blocked != client.blocked) {
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
        if (blocked) {
            event.events |= EPOLLOUT;
        }
        ::epoll_ctl(epoll_, EPOLL_CTL_MOD, client.socket, &event);
        client.blocked = blocked;
    }
}

void ClosedLoop::answered(Client& client, std::size_t answers, Clock::time_point now) {
    exchanges_ += answers;
    while (answers > 0 && !client.in_flight.empty()) {
        auto& burst = client.in_flight.oldest();
        std::size_t const some = std::min(answers, burst.messages);
        if (!settings_.untimed) {
            ::hdr_record_values(histogram_.get(), (now - burst.sent).count(),
                                static_cast<std::int64_t>(some));
        }
        answers -= some;
        burst.messages -= some;
        if (burst.messages == 0) {
            client.in_flight.pop();
        }
    }
}

void ClosedLoop::resend_lost(Clock::time_point now) {
    for (auto& client : clients_) {
        if (!client.in_flight.empty() && now - client.in_flight.oldest().sent > patience) {
            client.in_flight.clear();
            resent_ += settings_.depth;
            send(client, settings_.depth, now);
        }
    }
}

}  // namespace bench
