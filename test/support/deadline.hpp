// How long a test waits before it says what it waited for.
#pragma once

#include "support/sanitizers.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace roger::test {

using Clock = std::chrono::steady_clock;
using Duration = std::chrono::milliseconds;

/// Factor for what is measured, and for times that are to pass.
inline constexpr int slowness = sanitized ? 5 : 1;

/// What only a hang reaches, on the busiest machine: no test counts on a wait being shorter.
inline constexpr Duration default_deadline = std::chrono::minutes(5);

/// A wait that ended without what it waited for: what that was, and what was seen so far.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A moment until which several waits may last together.
class Deadline {
public:
    Deadline() : Deadline(default_deadline) {}

    // Not explicit: what takes a deadline takes a duration as well.
    template <typename Rep, typename Period>
    Deadline(std::chrono::duration<Rep, Period> duration)  // NOLINT(google-explicit-constructor)
        : duration_(std::chrono::ceil<Duration>(duration)), end_(Clock::now() + duration) {}

    [[nodiscard]] bool over() const { return Clock::now() >= end_; }
    [[nodiscard]] Clock::time_point end() const { return end_; }
    [[nodiscard]] Duration duration() const { return duration_; }

    /// For poll(): milliseconds left, rounded up; 0 when over.
    [[nodiscard]] int poll_timeout() const;

private:
    Duration duration_;
    Clock::time_point end_;
};

/// Waits until `descriptor` has one of `events` (poll.h), or an error. False: the deadline came.
bool wait_for_descriptor(int descriptor, short events, Deadline const& deadline);

/// Polls a condition at short intervals: only where no event can be waited on (numbers in /proc).
/// Throws Failure with `awaited` when the deadline comes first.
void eventually(std::string_view awaited, std::function<bool()> const& condition,
                Deadline deadline = {});

/// For what this machine, rather than what is tested, may be too slow for in a given time: tries
/// with `time`, and while that returns false, with three times as much, up to two minutes. Whether
/// one try succeeded.
bool succeeds_given_time(Duration time, std::function<bool(Duration time)> const& attempt);

/// `error` as the system words it, with its number.
std::string errno_text(int error);

/// `text` in quotes with control characters escaped, and its middle left out if it is long.
std::string legible(std::string_view text, std::size_t most = 2000);

}  // namespace roger::test
