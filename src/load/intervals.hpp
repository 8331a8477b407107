// The measured time, part by part, as the event loops report it.
#pragma once

#include "report/histogram.hpp"
#include "report/report.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace roger {

/// What one event loop did in one interval.
struct IntervalPart {
    std::size_t index;  ///< from 0
    std::uint64_t acked = 0;
    std::uint64_t failed = 0;
    std::size_t clients = 0;  ///< connected at its end
    Histogram const& response;
};

/// Each loop reports each interval once, when it is over: the one lock that loops share is taken
/// once an interval.
class Intervals {
public:
    Intervals(std::chrono::nanoseconds length, std::size_t loops)
        : length_(length), loops_(loops) {}

    [[nodiscard]] std::chrono::nanoseconds length() const { return length_; }

    /// From any thread.
    void add(IntervalPart const& part);

    /// The latest interval of which every loop has reported.
    [[nodiscard]] std::optional<Interval> latest() const;

    /// All, when the loops are done; `measured` is the measured time, at which the last one ends.
    [[nodiscard]] std::vector<Interval> take(std::chrono::nanoseconds measured);

private:
    void drop_after(std::chrono::nanoseconds measured);

    struct Slot {
        Interval interval;
        Histogram response;
        std::size_t reports = 0;
    };

    std::chrono::nanoseconds length_;
    std::size_t loops_;
    mutable std::mutex mutex_;
    std::vector<Interval> done_;
    std::vector<Slot> open_;  ///< those after done_, not all of whose loops have reported
};

}  // namespace roger
