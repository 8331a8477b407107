// The clock of a client's waits.
#pragma once

#include "roger/timeout.hpp"

#include <chrono>

namespace roger {

using Clock = std::chrono::steady_clock;

/// When a wait that begins at `start` ends: without a timeout, or with one that is longer than the
/// clock has left, when the clock does.
inline Clock::time_point moment_after(Timeout timeout, Clock::time_point start = Clock::now()) {
    constexpr Clock::time_point end = Clock::time_point::max();
    auto const left = std::chrono::floor<std::chrono::milliseconds>(end - start);
    return timeout && *timeout < left ? start + *timeout : end;
}

inline double to_seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace roger
