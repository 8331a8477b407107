// Whether a server's queue grew during a load test.
#include "load/queue_growth.hpp"

#include "report/estimate.hpp"

#include <algorithm>
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

std::optional<QueueGrowth> queue_growth(Report const& report) {
    constexpr std::size_t fewest = 3;
    // A server that is slow at first would hide that it is slow at last.
    std::size_t const begin = report.intervals.size() / 5;
    Points means;
    Points quick_ones;
    Histogram response;
    for (std::size_t i = begin; i < report.intervals.size(); ++i) {
        Interval const& interval = report.intervals[i];
        response.clear();
        response.add(interval.response);
        if (!response.empty()) {
            double const middle_us = (interval.begin_s + interval.length_s / 2) * 1e6;
            means.emplace_back(middle_us, response.mean_us());
            quick_ones.emplace_back(middle_us, response.percentile_us(10));
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
