// How much of a block is sent at once, so that it arrives in time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>

namespace roger {

/// A NATS server that takes nothing, or does not answer, for two seconds is taken for lost. A large
/// block on a slow link looks the same: so a piece that was not stored in time is halved, and
/// pieces grow again when they arrive quickly. It knows no clock.
class PieceSize {
public:
    /// Bytes. Pieces do not become smaller by halving, nor is a longer record cut.
    static constexpr std::size_t least = 16 * 1024;
    /// Twice as much then takes no more than half of what a connection is given.
    static constexpr std::chrono::milliseconds quick{500};

    [[nodiscard]] std::size_t most() const { return most_; }

    void stored(std::size_t bytes, std::chrono::steady_clock::duration took) {
        if (took <= quick && bytes >= most_ / 2) {
            most_ = most_ > unlimited / 2 ? unlimited : 2 * most_;
        }
    }

    /// `bytes` were tried in vain, perhaps for want of time. With a small piece it is not that.
    void not_answered(std::size_t bytes) {
        if (bytes > least) {
            most_ = std::max(least, std::min(most_, bytes) / 2);
        }
    }

private:
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    std::size_t most_ = unlimited;
};

}  // namespace roger
