// When a NATS server that does not answer is asked once more.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace roger {

/// An attempt to connect that hangs cannot be ended, and costs a thread that sleeps. But it may be
/// the only one that hangs: so another is begun beside it, each time after twice as long. A server
/// that comes back is then asked again in no more time than it was away.
class AttemptPace {
public:
    using Duration = std::chrono::steady_clock::duration;

    static constexpr std::chrono::seconds first_wait{10};
    static constexpr std::chrono::hours longest_wait{1};

    /// `hanging`: how many have not ended; `youngest`: the age of the last of them.
    static constexpr bool allows_another(std::size_t hanging, Duration youngest) {
        Duration wait = first_wait;
        for (std::size_t before = 1; before < hanging && wait < longest_wait; ++before) {
            wait *= 2;
        }
        return hanging == 0 || youngest >= std::min<Duration>(wait, longest_wait);
    }
};

}  // namespace roger
