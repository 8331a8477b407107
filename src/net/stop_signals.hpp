// What SIGINT and SIGTERM ask for.
#pragma once

#include "net/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace roger {

enum class StopRequest : std::uint8_t {
    drain,    ///< finish what has begun
    same,     ///< nothing new
    end_now,  ///< whatever is left
};

/// The first signal drains, a second one ends at once. One that comes within half a second of the
/// moment at which the one before was obeyed is the same: timeout(1), shells and service managers
/// signal a process and its group, microseconds apart.
class StopSignals {
public:
    StopRequest received(Clock::time_point now) {
        if (!obeyed_) {
            obeyed_ = now;
            return StopRequest::drain;
        }
        if (now - *obeyed_ < repetition_time) {
            return StopRequest::same;
        }
        obeyed_ = now;
        return StopRequest::end_now;
    }

    /// What the first signal asks for has begun: what is heard now can have come together with it.
    void draining(Clock::time_point now) { obeyed_ = now; }

private:
    static constexpr std::chrono::milliseconds repetition_time{500};

    std::optional<Clock::time_point> obeyed_;  ///< the last signal that was
};

}  // namespace roger
