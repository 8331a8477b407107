// Whether an output that cannot say that it would block is quick enough for an event loop.
#pragma once

#include <chrono>

namespace roger {

/// A file takes next to no time while the system has memory for what is written, and any length
/// when it has not, or on a network. After one write that was slow, the latency is taken for high
/// until many in a row were quick.
class WriteLatency {
public:
    using Duration = std::chrono::steady_clock::duration;

    /// Longer than a megabyte takes that only has to be copied, and short for whoever waits
    /// meanwhile: docs/performance.md has the figures.
    static constexpr std::chrono::milliseconds high{2};
    static constexpr unsigned enough_quick_ones = 100;

    [[nodiscard]] bool is_low() const { return quick_ones_ >= enough_quick_ones; }

    /// A write was done, which took so long.
    void add(Duration taken) {
        if (taken >= high) {
            quick_ones_ = 0;
        } else if (!is_low()) {
            ++quick_ones_;
        }
    }

private:
    unsigned quick_ones_ = enough_quick_ones;
};

}  // namespace roger
