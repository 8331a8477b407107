// Deadlines of many clients, at the cost of one timer: deadlines of one length expire in the order
// in which they were set, so a queue for each length keeps them sorted for nothing.
#pragma once

#include "net/hook.hpp"
#include "roger/timeout.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace roger {

/// What is waited for. Each has one length in all of a server.
enum class Wait : std::uint8_t {
    message,  ///< the client says something
    ending,   ///< the message that it has begun ends
    taking,   ///< the client takes its answers
    leaving,  ///< the client closes its side after our last line
};
inline constexpr std::size_t wait_count = 4;

class Deadline;

/// Told when a deadline has come; the deadline is no longer armed then.
class DeadlineOwner {
public:
    virtual ~DeadlineOwner() = default;
    virtual void deadline_came(Wait wait) = 0;
};

/// A place in one of the queues, kept inside its owner: arming allocates nothing.
class Deadline : Hook {
public:
    explicit Deadline(DeadlineOwner& owner) : owner_(owner) {}

    [[nodiscard]] bool armed() const { return linked(); }
    [[nodiscard]] std::chrono::steady_clock::time_point at() const { return at_; }
    void disarm() { unlink(); }

private:
    friend class DeadlineQueues;

    DeadlineOwner& owner_;
    std::chrono::steady_clock::time_point at_;
};

/// The queues themselves: no clock, no timer, so that tests can let time pass as they like.
class DeadlineQueues {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit DeadlineQueues(std::array<Timeout, wait_count> const& lengths) : lengths_(lengths) {}

    /// Puts the deadline at the end of its queue, wherever it was before. A wait without an end
    /// only disarms it.
    void arm(Deadline& deadline, Wait wait, TimePoint now);

    /// The earliest deadline of all.
    [[nodiscard]] std::optional<TimePoint> next() const;

    /// Disarms every deadline that has come by `now`, and tells its owner.
    void expire(TimePoint now);

private:
    static Deadline& first(Hook const& queue) { return static_cast<Deadline&>(*queue.next()); }

    std::array<Timeout, wait_count> lengths_;
    std::array<Hook, wait_count> queues_;
};

/// Drives the queues of one event loop with one timer. The timer is not moved when a deadline is:
/// it fires when the earliest might have come, and looks again.
class DeadlineTimer {
public:
    DeadlineTimer(asio::io_context& context, DeadlineQueues& queues)
        : timer_(context), queues_(queues) {}

    void arm(Deadline& deadline, Wait wait);
    void stop() { timer_.cancel(); }

private:
    void wake_at(DeadlineQueues::TimePoint at);

    asio::steady_timer timer_;
    DeadlineQueues& queues_;
    std::optional<DeadlineQueues::TimePoint> wakes_at_;
};

}  // namespace roger
