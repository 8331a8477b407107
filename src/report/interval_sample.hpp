// A run as a sample of its intervals: what its figures are over any of them.
#pragma once

#include "report/report.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace roger {

/// All but the last if that is shorter.
std::span<Interval const> whole_intervals(Report const& report);

/// Its items are the report's whole intervals. What came after the last of them, in a shorter one
/// or as late answers, counts as part of it; where there is none, the run is the one item. So the
/// figures over all items are the run's.
class IntervalSample {
public:
    /// Numbers of items. One that is there twice counts twice.
    using Selection = std::vector<std::size_t>;

    explicit IntervalSample(Report const& report);

    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] Selection all() const;
    [[nodiscard]] double begin_s(std::size_t item) const { return items_[item].begin_s; }
    [[nodiscard]] double length_s(std::size_t item) const { return items_[item].length_s; }
    [[nodiscard]] double length_s() const { return sum(&Item::length_s, all()); }

    /// Nothing: no message of them was acked.
    [[nodiscard]] std::optional<double> mean_us(Selection const& selection) const;
    [[nodiscard]] std::optional<double> percentile_us(double percent,
                                                      Selection const& selection) const;
    /// Of all messages; nothing: there are none.
    [[nodiscard]] std::optional<double> failed_share(Selection const& selection) const;
    /// Messages acked a second. At least half a message counts, so that it has a logarithm.
    [[nodiscard]] double rate(Selection const& selection) const;

private:
    struct Item {
        double begin_s = 0;
        double length_s = 0;
        double acked = 0;  ///< in time
        double failed = 0;
        double sum_us = 0;
    };

    void add_histogram(std::size_t item, std::vector<Histogram::Bucket> const& buckets);
    [[nodiscard]] double sum(double Item::* member, Selection const& selection) const;
    /// How many were acked after at most values_us_[value].
    [[nodiscard]] double count_to(std::size_t value, Selection const& selection) const;
    [[nodiscard]] double count(Selection const& selection) const;

    std::vector<Item> items_;
    std::vector<std::int64_t> values_us_;  ///< of all buckets, ascending
    std::vector<double> cumulative_;       ///< for each of values_us_, a count for each item
};

}  // namespace roger
