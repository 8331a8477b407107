// Which of many sockets are ready, and how long they may have been so.
#pragma once

#include "load/run_delay.hpp"
#include "net/clock.hpp"
#include "net/descriptor.hpp"
#include "net/epoll_set.hpp"
#include "roger/task.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace roger {

/// It also measures how long what is ready may have been kept waiting by this event loop: for as
/// long as the loop did other things, had no processor, or was stopped altogether. While it waits,
/// it wakes up each millisecond to see whether it still does so in time: not only the kernel's own
/// account of a thread's waits counts, which knows nothing of a process that is stopped, or of a
/// virtual machine that is.
class Readiness {
public:
    explicit Readiness(asio::io_context& context);
    ~Readiness() = default;
    Readiness(Readiness const&) = delete;
    Readiness& operator=(Readiness const&) = delete;

    /// Adds a socket, whose events carry a pointer to its owner; closing the socket takes it out
    /// again. `events` as for epoll_ctl(2), level-triggered. Throws std::system_error.
    void add(int socket, std::uint32_t events, SocketOwner& owner) {
        set_.add(socket, events, &owner);
    }
    void change(int socket, std::uint32_t events, SocketOwner& owner) {
        set_.change(socket, events, &owner);
    }

    /// Waits until sockets are ready, or until `moment`, or for a wake(). Other work of the event
    /// loop gets its turn now and then, however busy the sockets are.
    Task<std::span<epoll_event const>> wait_until(Clock::time_point moment);

    /// Since when, at the earliest, the sockets that the last wait returned have been ready.
    [[nodiscard]] Clock::time_point ready_since() const { return ready_since_; }

    /// For how long, in all, this loop woke up too late from a wait.
    [[nodiscard]] Clock::duration total_delay() const { return total_delay_; }

    /// The longest time for which something ready was kept waiting, or would have been; of those
    /// that ended after measure_from()'s moment.
    [[nodiscard]] Clock::duration longest_delay() const { return longest_delay_; }
    void measure_from(Clock::time_point moment);

    /// Makes a wait that is under way return early. On the event loop's thread.
    void wake();

private:
    std::span<epoll_event const> poll(Clock::time_point now);
    std::span<epoll_event const> poll_after_wait(Clock::time_point woken_at, Clock::time_point due);
    Clock::time_point arm_timer(Clock::time_point moment);

    EpollSet set_;
    Descriptor timer_;  ///< one of the set's members, without an owner: timerfd_create(2)
    Clock::time_point timer_at_ = Clock::time_point::min();  ///< min: it is not armed
    unsigned turns_ = 0;
    bool woken_ = false;
    RunDelay run_delay_;
    std::chrono::nanoseconds run_delay_before_{0};
    Clock::time_point polled_ = Clock::time_point::max();  ///< when all that was ready was returned
    Clock::time_point ready_since_;
    Clock::time_point measured_from_ = Clock::time_point::min();
    Clock::duration longest_delay_{0};
    Clock::time_point longest_delay_end_;
    Clock::duration total_delay_{0};
};

}  // namespace roger
