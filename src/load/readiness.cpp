// The set's timer, and since when sockets have been ready.
#include "load/readiness.hpp"

#include "net/last_error.hpp"

#include <asio/deferred.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <sys/timerfd.h>

namespace roger {

namespace {

/// After so many polls without a wait, the event loop's other work comes first.
constexpr unsigned most_turns = 64;

/// The longest time that it waits without looking whether it wakes up in time.
constexpr std::chrono::milliseconds tick_length{1};

}  // namespace

Readiness::Readiness(asio::io_context& context)
    : set_(context),
      timer_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                     "timerfd_create")) {
    // Edge-triggered: its expiry wakes the set once, and need not be read.
    set_.add(timer_.get(), EPOLLIN | EPOLLET, nullptr);
}

void Readiness::wake() {
    woken_ = true;
    set_.cancel();
}

/// A loop that was held up may be told of the moment only after it.
void Readiness::measure_from(Clock::time_point moment) {
    measured_from_ = moment;
    if (longest_delay_end_ < moment) {
        longest_delay_ = Clock::duration(0);
    }
}

Task<std::span<epoll_event const>> Readiness::wait_until(Clock::time_point moment) {
    woken_ = false;
    if (++turns_ % most_turns == 0) {
        co_await asio::post(set_.get_executor(), asio::deferred);
    }
    auto now = Clock::now();
    auto events = poll(now);
    while (events.empty() && !woken_ && now < moment) {
        auto const due = arm_timer(std::min(moment, now + tick_length));
        run_delay_before_ = run_delay_.total();
        co_await set_.wait();
        now = Clock::now();
        events = poll_after_wait(now, due);
    }
    co_return events;
}

/// Without a wait before it: what is ready now was not so at the last poll, and nothing more is
/// known.
std::span<epoll_event const> Readiness::poll(Clock::time_point now) {
    ready_since_ = std::min(polled_, now);
    std::span<epoll_event> const events = set_.poll();
    // The timer has no owner: it only means that it is time to poll again.
    auto const timers = std::ranges::remove_if(
        events, [](epoll_event const& event) { return event.data.ptr == nullptr; });
    if (!timers.empty()) {
        timer_at_ = Clock::time_point::min();  // whatever our clock says
    }
    if (!set_.may_have_more()) {
        polled_ = now;  // else there may be more that was ready
    }
    if (now >= measured_from_ && now - ready_since_ > longest_delay_) {
        longest_delay_ = now - ready_since_;
        longest_delay_end_ = now;
    }
    return events.first(events.size() - timers.size());
}

/// What became ready during a wait woke the loop up, unless that was late.
std::span<epoll_event const> Readiness::poll_after_wait(Clock::time_point woken_at,
                                                        Clock::time_point due) {
    Clock::duration const no_processor = run_delay_.total() - run_delay_before_;
    auto const late = std::max({no_processor, woken_at - due, Clock::duration(0)});
    polled_ = woken_at - late;
    total_delay_ += late;
    return poll(woken_at);
}

/// A timer that is armed for an earlier moment, and has not expired, will do: it returns which.
Clock::time_point Readiness::arm_timer(Clock::time_point moment) {
    if (timer_at_ != Clock::time_point::min() && timer_at_ <= moment) {
        return timer_at_;
    }
    timer_at_ = moment;
    // libstdc++'s steady_clock is CLOCK_MONOTONIC.
    auto const since = moment.time_since_epoch();
    auto const seconds = std::chrono::floor<std::chrono::seconds>(since);
    itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = std::max<long>(1, std::chrono::nanoseconds(since - seconds).count());
    checked(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr), "timerfd_settime");
    return moment;
}

}  // namespace roger
