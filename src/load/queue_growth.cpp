// Whether a server's queue grew during a load test.
#include "load/queue_growth.hpp"

#include "report/estimate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace roger {

namespace {

/// Each a time and a value at it.
using Points = std::vector<std::pair<double, double>>;

/// The slope of the line that is closest to three points or more (least squares), and how well it
/// is known by how close they are to it.
QueueGrowth slope_of(Points const& points) {
    auto const count = static_cast<double>(points.size());
    double mean_x = 0;
    double mean_y = 0;
    for (auto const& [x, y] : points) {
        mean_x += x / count;
        mean_y += y / count;
    }
    double products = 0;
    double squares = 0;
    for (auto const& [x, y] : points) {
        products += (x - mean_x) * (y - mean_y);
        squares += (x - mean_x) * (x - mean_x);
    }
    double const slope = products / squares;
    double residuals = 0;
    for (auto const& [x, y] : points) {
        double const residual = y - mean_y - slope * (x - mean_x);
        residuals += residual * residual;
    }
    double const freedom = count - 2;
    return {.share = slope,
            .uncertainty = student_t(0.975, freedom) * std::sqrt(residuals / freedom / squares)};
}

}  // namespace

std::uint64_t QueueGrowth::most_kept_up_with(std::uint64_t planned) const {
    double const kept_up = is_certain() ? std::max(0.0, 1 - share) : 1;
    return static_cast<std::uint64_t>(std::llround(kept_up * static_cast<double>(planned)));
}

void ResponseTrend::measure(Clock::time_point begin, Clock::time_point end) {
    constexpr int parts = 10;
    begin_ = begin;
    part_ = (end - begin) / parts;
    parts_ = std::vector<Histogram>(part_ > Clock::duration(0) ? parts : 0);
}

void ResponseTrend::record(Clock::time_point planned, Clock::duration response) {
    if (parts_.empty() || planned < begin_) {
        return;
    }
    auto const part = static_cast<std::size_t>((planned - begin_) / part_);
    parts_[std::min(part, parts_.size() - 1)].record(response);
}

void ResponseTrend::add(ResponseTrend const& other) {
    if (parts_.empty()) {
        *this = other;
        return;
    }
    for (std::size_t i = 0; i != other.parts_.size(); ++i) {
        parts_[i].add(other.parts_[i]);
    }
}

std::optional<QueueGrowth> ResponseTrend::growth() const {
    constexpr std::size_t fewest = 3;
    // A server that is slow at first would otherwise hide that it is slow at the end.
    std::size_t const begin = parts_.size() / 5;
    double const part_us = to_seconds(part_) * 1e6;
    Points means;
    Points quick_ones;
    for (std::size_t i = begin; i < parts_.size(); ++i) {
        if (Histogram const& part = parts_[i]; !part.empty()) {
            double const us = static_cast<double>(i) * part_us;
            means.emplace_back(us, part.mean_us());
            quick_ones.emplace_back(us, part.percentile_us(10));
        }
    }
    if (means.size() < fewest) {
        return std::nullopt;
    }
    return std::max(slope_of(means), slope_of(quick_ones),
                    [](QueueGrowth const& one, QueueGrowth const& other) {
                        return one.least() < other.least();
                    });
}

}  // namespace roger
