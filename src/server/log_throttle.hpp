// Keeps repeated messages from filling the log.
#pragma once

#include "net/clock.hpp"

#include <chrono>

namespace roger {

/// Lets through at most one line a second of what happens again and again.
class LogThrottle {
public:
    bool lets_through(Clock::time_point now) {
        if (now < next_) {
            return false;
        }
        next_ = now + std::chrono::seconds(1);
        return true;
    }

private:
    Clock::time_point next_;
};

}  // namespace roger
