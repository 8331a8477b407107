// The epoll set and its timer.
#include "load/readiness.hpp"

#include <asio/deferred.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include <sys/timerfd.h>
#include <unistd.h>

namespace roger {

namespace {

/// After so many turns without a wait, the event loop's other work comes first.
constexpr unsigned most_turns = 64;

int checked(int result, char const* what) {
    if (result < 0) {
        throw std::system_error(errno, std::system_category(), what);
    }
    return result;
}

}  // namespace

Readiness::Readiness(asio::io_context& context)
    : set_(context, checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      timer_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                     "timerfd_create")) {
    // Edge-triggered: its expiry wakes the set once, and need not be read.
    control(EPOLL_CTL_ADD, timer_, EPOLLIN | EPOLLET, nullptr);
}

Readiness::~Readiness() {
    ::close(timer_);
}

void Readiness::add(int socket, std::uint32_t events, SocketOwner& owner) {
    control(EPOLL_CTL_ADD, socket, events, &owner);
}

void Readiness::change(int socket, std::uint32_t events, SocketOwner& owner) {
    control(EPOLL_CTL_MOD, socket, events, &owner);
}

void Readiness::control(int operation, int socket, std::uint32_t events, SocketOwner* owner) {
    epoll_event event{.events = events, .data = {.ptr = owner}};
    checked(::epoll_ctl(set_.native_handle(), operation, socket, &event), "epoll_ctl");
}

void Readiness::wake() {
    woken_ = true;
    set_.cancel(ignored_);
}

Task<std::span<epoll_event const>> Readiness::wait_until(Clock::time_point moment) {
    woken_ = false;
    if (++turns_ % most_turns == 0) {
        co_await asio::post(set_.get_executor(), asio::deferred);
    }
    auto events = ready();
    if (events.empty() && !woken_ && Clock::now() < moment) {
        set_timer(moment);
        co_await set_.async_wait(asio::posix::descriptor_base::wait_read,
                                 asio::redirect_error(asio::deferred, ignored_));
        events = ready();
    }
    co_return events;
}

/// Those that carry someone: the timer says nothing but that it is time to look again.
std::span<epoll_event const> Readiness::ready() {
    int const count =
        ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    auto const end = events_.begin() + std::max(count, 0);
    auto const used = std::remove_if(
        events_.begin(), end, [](epoll_event const& event) { return event.data.ptr == nullptr; });
    return {events_.begin(), used};
}

void Readiness::set_timer(Clock::time_point moment) {
    if (moment == timer_at_) {
        return;
    }
    timer_at_ = moment;
    itimerspec when{};  // all zero: disarmed
    if (moment != Clock::time_point::max()) {
        // libstdc++'s steady_clock is CLOCK_MONOTONIC.
        auto const since = moment.time_since_epoch();
        auto const seconds = std::chrono::floor<std::chrono::seconds>(since);
        when.it_value.tv_sec = seconds.count();
        when.it_value.tv_nsec =
            std::max<long>(1, std::chrono::nanoseconds(since - seconds).count());
    }
    checked(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr), "timerfd_settime");
}

}  // namespace roger
