// What could fill the log.
#pragma once

#include "net/clock.hpp"

#include <chrono>

namespace roger {

/// Of what happens again and again, at most one line a second.
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
