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
    std::int64_t index;  ///< from 0; negative while it warms up
    std::uint64_t acked = 0;
    std::uint64_t failed = 0;
    std::size_t clients = 0;  ///< connected at its end
    Histogram const& response;
};

/// Each loop reports each interval once, when it is over: the one lock that loops share is taken
/// once an interval. However long the test, no more than `most` are kept: when there are so many,
/// two and two become one, and each is twice as long from then on.
class Intervals {
public:
    static constexpr std::size_t most = 1000;

    Intervals(std::chrono::nanoseconds length, std::size_t loops)
        : length_(length), loops_(loops) {}

    /// Of an interval as the loops report it.
    [[nodiscard]] std::chrono::nanoseconds length() const { return length_; }

    /// From any thread. A loop's first part has the index that any other's has.
    void add(IntervalPart const& part);

    /// From any thread: a loop reports no interval from that one on.
    void end_loop(std::int64_t index);

    /// The latest interval of which every loop has reported that still reports, those of the
    /// warm-up included: they begin before 0 s.
    [[nodiscard]] std::optional<Interval> latest() const;

    /// All, when the loops are done; `measured` is the measured time, at which the last one ends.
    [[nodiscard]] std::vector<Interval> take(std::chrono::nanoseconds measured);

private:
    struct Slot {
        Interval interval;
        Histogram response;
        std::size_t reports = 0;
    };

    [[nodiscard]] std::size_t loops_in(std::int64_t index) const;
    void finish_reported();
    void finish_front();
    void keep(Interval interval);
    void halve();
    void drop_after(std::chrono::nanoseconds measured);

    std::chrono::nanoseconds length_;
    std::size_t loops_;
    std::vector<std::int64_t> ended_;  ///< for each loop that has ended, its first without a report
    mutable std::mutex mutex_;
    std::optional<std::int64_t> first_open_;  ///< index of the first in open_
    std::vector<Slot> open_;                  ///< those not all of whose loops have reported
    std::optional<Interval> latest_;
    std::vector<Interval> done_;
    std::size_t parts_ = 1;  ///< reported intervals that one of done_ is of
    std::size_t parts_of_last_ = 0;
};

}  // namespace roger
