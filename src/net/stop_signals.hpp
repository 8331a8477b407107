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
/// moment at which the first was obeyed is no second one: timeout(1), shells and service managers
/// signal a process and its group, microseconds apart.
class StopSignals {
public:
    StopRequest received(Clock::time_point now) {
        if (!first_) {
            first_ = now;
            return StopRequest::drain;
        }
        return now - *first_ < repetition_time ? StopRequest::same : StopRequest::end_now;
    }

    /// What the first signal asks for has begun: what is heard now can have come together with it.
    void draining(Clock::time_point now) { first_ = now; }

private:
    static constexpr std::chrono::milliseconds repetition_time{500};

    std::optional<Clock::time_point> first_;
};

}  // namespace roger
