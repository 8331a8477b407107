// When a NATS server that does not answer is asked once more.
#pragma once

#include <chrono>
#include <cstddef>

namespace roger {

/// An attempt to connect that hangs cannot be ended, and costs a thread that sleeps. But it may be
/// the only one that hangs: so another is begun beside it after a while, and one an hour beside
/// several.
class AttemptPace {
public:
    using Duration = std::chrono::steady_clock::duration;

    static constexpr std::size_t most_soon = 3;
    static constexpr std::chrono::seconds first_wait{10};
    static constexpr std::chrono::hours later_wait{1};

    /// `hanging`: how many have not ended; `youngest`: the age of the last of them.
    static constexpr bool allows_another(std::size_t hanging, Duration youngest) {
        if (hanging == 0) {
            return true;
        }
        return youngest >= (hanging < most_soon ? Duration(hanging * first_wait) : later_wait);
    }
};

}  // namespace roger
