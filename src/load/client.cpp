// A client's life: it connects, comes back when it was thrown out, and goes in the end.
// client_talk.cpp has what it says and hears meanwhile.
#include "load/client.hpp"

#include "load/swarm.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace roger {

namespace {

/// 0 where it is connected at once, or errno's number.
int begin_to_connect(int socket, Endpoint const& server) {
    bool const done = ::connect(socket, server.data(), static_cast<socklen_t>(server.size())) == 0;
    return done ? connect_error(socket, server) : errno;
}

/// This system, or this process, has none left to connect with.
bool is_own_exhaustion(int error) {
    constexpr std::array errors = {EADDRNOTAVAIL, EMFILE, ENFILE, ENOBUFS, ENOMEM};
    return std::ranges::find(errors, error) != errors.end();
}

std::string error_text(int error) {
    std::string text = std::system_category().message(error);
    switch (error) {
        case EADDRNOTAVAIL:
            return text + " (no port of ours is free: connect from more addresses, --source A-B)";
        case EMFILE:
            return text + " (raise ulimit -n, or ask for fewer --clients)";
        default:
            return text;
    }
}

}  // namespace

Client::Client(Swarm& swarm, std::size_t number)
    : swarm_(swarm),
      deadline_(*this),
      flight_(swarm.settings.pipeline),
      number_(static_cast<std::uint32_t>(number)) {}

Client::~Client() {
    close();
}

// --- connecting ---------------------------------------------------------------------------

void Client::arrive(Clock::time_point now) {
    arriving_ = true;
    connect(now);
}

void Client::connect(Clock::time_point now) {
    state_ = State::connecting;
    attempt_began_ = now;
    attempt_own_delay_ =
        course_.next <= now ? now - std::max(course_.next, could_send_at_) : Clock::duration(0);
    endpoint_ = swarm_.target.preferred.load(std::memory_order_relaxed);
    endpoints_tried_ = 0;
    swarm_.arm(deadline_, ClientWait::connecting, now);
    try_endpoint(now);
}

void Client::try_endpoint(Clock::time_point now) {
    Target const& target = swarm_.target;
    Endpoint const& server = target.endpoints[endpoint_];
    socket_ = swarm_.latecomers().reuse(endpoint_);
    if (socket_ >= 0) {
        swarm_.readiness().change(socket_, EPOLLIN, *this);
        made_contact(Clock::duration(0));
        return;
    }
    socket_ = open_client_socket(target.type, server, target.sources.of(number_));
    int const error = socket_ < 0 ? errno : begin_to_connect(socket_, server);
    if (error == 0) {
        swarm_.readiness().add(socket_, EPOLLIN, *this);
        made_contact(Clock::duration(0));
    } else if (error == EINPROGRESS) {
        swarm_.readiness().add(socket_, EPOLLOUT, *this);
    } else if (error == EAGAIN && server.data()->sa_family == AF_UNIX) {
        close();
        swarm_.arm(deadline_, ClientWait::queueing, now);
    } else {
        connect_failed(error);
    }
}

void Client::connect_failed(int error) {
    close();
    auto const now = Clock::now();
    std::size_t const endpoints = swarm_.target.endpoints.size();
    if (++endpoints_tried_ < endpoints) {
        endpoint_ = static_cast<std::uint16_t>((endpoint_ + 1) % endpoints);
        swarm_.arm(deadline_, ClientWait::connecting, now);
        try_endpoint(now);
        return;
    }
    could_not_connect(error_text(error), is_own_exhaustion(error));
}

void Client::could_not_connect(std::string const& reason, bool excused) {
    close();
    deadline_.disarm();
    auto const now = Clock::now();
    if (std::exchange(arriving_, false)) {
        state_ = State::down;
        swarm_.arrived(reason);
    } else {
        while (!flight_.empty()) {  // a datagram that the network refused
            swarm_.concurrency().lost(now);
            swarm_.recorder().failed(flight_.pop().planned, Fate::never_connected, reason, excused);
        }
        give_up(now, Fate::never_connected, reason, excused);
        state_ = State::pausing;
        swarm_.arm(deadline_, ClientWait::pausing, now);
        leave_if_done();
    }
}

void Client::made_contact(Clock::duration kept_waiting) {
    if (swarm_.settings.greeting) {
        state_ = State::greeting;
    } else {
        connected(Clock::now(), kept_waiting);
    }
}

void Client::connected(Clock::time_point now, Clock::duration kept_waiting) {
    state_ = State::up;
    deadline_.disarm();
    said_ = 0;
    swarm_.target.preferred.store(endpoint_, std::memory_order_relaxed);
    bool const arrives = std::exchange(arriving_, false);
    if (arrives || !swarm_.settings.datagrams()) {
        ++connection_;
        swarm_.recorder().connected(now - attempt_began_, kept_waiting);
        could_send_at_ = now - attempt_own_delay_ - kept_waiting;
    }
    if (arrives) {
        swarm_.arrived("");
    }
    if (!flight_.empty()) {
        say_again(now);  // what was refused where the last attempt went
    }
    pursue(now);
}

/// Those planned before `until` can no longer be sent.
void Client::give_up(Clock::time_point until, Fate fate, std::string_view reason, bool excused) {
    auto const now = Clock::now();
    set_waiting(false, now);
    while (course_.next < until) {
        swarm_.recorder().failed(course_.next, fate, reason,
                                 excused || (up() && delayed_itself(course_.next, now)));
        swarm_.plan().take(course_, false);
    }
}

// --- ending -------------------------------------------------------------------------------

void Client::end_plan() {
    if (course_.next >= swarm_.plan().timeline().end) {
        course_.next = Course::none;
    }
    leave_if_done();
}

void Client::leave_if_done() {
    if (!swarm_.ending() || course_.next != Course::none || !flight_.empty()) {
        return;
    }
    if (up()) {
        leave();
    } else if (state_ != State::leaving) {
        go();
    }
}

void Client::give_up_unsent() {
    if (up()) {
        give_up(swarm_.plan().timeline().end, Fate::unsent, "the run ended", false);
    } else {
        give_up(swarm_.plan().timeline().end, Fate::never_connected,
                "not connected when the run ended", false);
    }
    course_.next = Course::none;
    leave_if_done();
}

/// Hears the server out: more answers than messages are a fault of the server's.
void Client::leave() {
    if (swarm_.settings.per_connection != 0 || swarm_.settings.datagrams()) {
        go();
        return;
    }
    state_ = State::leaving;
    ::shutdown(socket_, SHUT_WR);
    swarm_.arm(deadline_, ClientWait::leaving, Clock::now());
}

void Client::cut_off() {
    give_up_unsent();
    if (up()) {
        lost("the run was interrupted");
    } else {
        go();
    }
}

void Client::go() {
    if (state_ != State::gone) {
        close();
        deadline_.disarm();
        state_ = State::gone;
        swarm_.gone();
    }
}

void Client::close() {
    if (socket_ >= 0) {
        ::close(std::exchange(socket_, -1));
    }
    unsent_ = std::string();
    begun_ = std::string();
}

void Client::deadline_came(ClientWait wait) {
    auto const now = Clock::now();
    switch (wait) {
        case ClientWait::connecting:
            connect_failed(ETIMEDOUT);
            return;
        case ClientWait::queueing:
            if (swarm_.settings.connect_timeout &&
                now - attempt_began_ >= *swarm_.settings.connect_timeout) {
                connect_failed(ETIMEDOUT);
            } else {
                try_endpoint(now);
            }
            return;
        case ClientWait::answer:
            check_answer_time();
            return;
        case ClientWait::pausing:
            state_ = State::down;
            could_send_at_ = now;
            swarm_.plan().free(course_, now);
            pursue(now);
            return;
        case ClientWait::leaving:
            go();
            return;
    }
}

}  // namespace roger
