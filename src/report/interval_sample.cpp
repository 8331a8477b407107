// A run's figures over any of its intervals.
#include "report/interval_sample.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <ranges>

namespace roger {

namespace {

using Buckets = std::vector<Histogram::Bucket>;

double difference(std::uint64_t whole, std::uint64_t parts) {
    return whole > parts ? static_cast<double>(whole - parts) : 0;
}

/// Of the messages that were acked after the last of `intervals`.
Buckets late_buckets(Report const& report, std::span<Interval const> intervals) {
    Histogram in_time;
    for (Interval const& interval : intervals) {
        in_time.add(interval.response);
    }
    std::map<std::int64_t, std::int64_t> counts;
    for (Histogram::Bucket const& bucket : in_time.buckets()) {
        counts[bucket.value_us] = bucket.count;
    }
    Buckets late;
    for (Histogram::Bucket const& bucket : report.latencies.response.buckets()) {
        if (std::int64_t const count = bucket.count - counts[bucket.value_us]; count > 0) {
            late.push_back({bucket.value_us, count});
        }
    }
    return late;
}

}  // namespace

std::span<Interval const> whole_intervals(Report const& report) {
    std::span<Interval const> const all = report.intervals;
    constexpr double tolerance = 0.01;
    bool const last_is_whole =
        all.empty() || all.back().length_s >= all.front().length_s * (1 - tolerance);
    return last_is_whole ? all : all.first(all.size() - 1);
}

IntervalSample::IntervalSample(Report const& report) {
    auto const intervals = whole_intervals(report);
    Buckets const late = late_buckets(report, intervals);
    for (Histogram::Bucket const& bucket : late) {
        values_us_.push_back(bucket.value_us);
    }
    std::uint64_t acked = 0;
    std::uint64_t failed = 0;
    for (Interval const& interval : intervals) {
        items_.push_back({.begin_s = interval.begin_s,
                          .length_s = interval.length_s,
                          .acked = static_cast<double>(interval.acked),
                          .failed = static_cast<double>(interval.failed)});
        acked += interval.acked;
        failed += interval.failed;
        for (Histogram::Bucket const& bucket : interval.response) {
            values_us_.push_back(bucket.value_us);
        }
    }
    if (items_.empty()) {
        items_.push_back({.length_s = report.duration_s});
    }
    std::ranges::sort(values_us_);
    values_us_.erase(std::ranges::unique(values_us_).begin(), values_us_.end());

    cumulative_.resize(items_.size() * values_us_.size());
    for (std::size_t i = 0; i != intervals.size(); ++i) {
        add_histogram(i, intervals[i].response);
    }
    add_histogram(items_.size() - 1, late);
    items_.back().failed += difference(report.outcomes.failed(), failed);
    for (Interval const& shorter : std::span(report.intervals).subspan(intervals.size())) {
        items_.back().length_s += shorter.length_s;
        items_.back().acked += static_cast<double>(shorter.acked);
        acked += shorter.acked;
    }
    // Late acks make up for what the first interval of a test without a warm-up lacks; and after a
    // short one, acks of its messages are none of the test's.
    double const late_acks = static_cast<double>(report.acked_in_time) - static_cast<double>(acked);
    items_.front().acked = std::max(items_.front().acked + late_acks, 0.0);
    for (std::size_t i = items_.size(); i < cumulative_.size(); ++i) {
        cumulative_[i] += cumulative_[i - items_.size()];
    }
}

void IntervalSample::add_histogram(std::size_t item, Buckets const& buckets) {
    for (Histogram::Bucket const& bucket : buckets) {
        auto const place = std::ranges::lower_bound(values_us_, bucket.value_us);
        auto const value = static_cast<std::size_t>(place - values_us_.begin());
        cumulative_[value * items_.size() + item] += static_cast<double>(bucket.count);
        items_[item].sum_us +=
            static_cast<double>(bucket.value_us) * static_cast<double>(bucket.count);
    }
}

IntervalSample::Selection IntervalSample::all() const {
    Selection selection(size());
    std::iota(selection.begin(), selection.end(), 0);
    return selection;
}

double IntervalSample::sum(double Item::* member, Selection const& selection) const {
    double sum = 0;
    for (std::size_t const item : selection) {
        sum += items_[item].*member;
    }
    return sum;
}

double IntervalSample::count_to(std::size_t value, Selection const& selection) const {
    double sum = 0;
    for (std::size_t const item : selection) {
        sum += cumulative_[value * items_.size() + item];
    }
    return sum;
}

double IntervalSample::count(Selection const& selection) const {
    return values_us_.empty() ? 0 : count_to(values_us_.size() - 1, selection);
}

std::optional<double> IntervalSample::mean_us(Selection const& selection) const {
    double const acked = count(selection);
    return acked == 0 ? std::nullopt : std::optional(sum(&Item::sum_us, selection) / acked);
}

std::optional<double> IntervalSample::percentile_us(double percent,
                                                    Selection const& selection) const {
    double const acked = count(selection);
    if (acked == 0) {
        return std::nullopt;
    }
    double const wanted = acked * percent / 100;
    auto const is_below = [&](std::size_t value) { return count_to(value, selection) < wanted; };
    auto const values = std::views::iota(std::size_t{0}, values_us_.size() - 1);
    auto const value =
        static_cast<std::size_t>(std::ranges::partition_point(values, is_below) - values.begin());
    double const below = value == 0 ? 0 : count_to(value - 1, selection);
    // Whole microseconds would be too coarse for fast servers: 20 µs and the next is 5 %. So those
    // of one bucket count as spread over the microsecond around it.
    return static_cast<double>(values_us_[value]) - 0.5 +
           (wanted - below) / (count_to(value, selection) - below);
}

std::optional<double> IntervalSample::failed_share(Selection const& selection) const {
    double const failed = sum(&Item::failed, selection);
    double const all = failed + count(selection);
    return all == 0 ? std::nullopt : std::optional(failed / all);
}

double IntervalSample::rate(Selection const& selection) const {
    constexpr double least = 0.5;
    double const acked = sum(&Item::acked, selection);
    return std::max(acked, least) / sum(&Item::length_s, selection);
}

}  // namespace roger
