// The clock of a client's waits.
#pragma once

#include "roger/timeout.hpp"

#include <chrono>

namespace roger {

using Clock = std::chrono::steady_clock;

/// When a wait that begins now ends: without a timeout, when the clock does.
inline Clock::time_point moment_after(Timeout timeout) {
    return timeout ? Clock::now() + *timeout : Clock::time_point::max();
}

inline double to_seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace roger
