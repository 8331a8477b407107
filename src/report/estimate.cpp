// A mean that is known from a few values.
#include "report/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

namespace roger {

namespace {

/// Of each value with the one `lag` later.
double correlation_in(std::vector<double> const& values, std::size_t lag) {
    double const mean = mean_of(values);
    double const squares = squares_around(mean, values);
    if (squares == 0) {
        return 0;
    }
    double products = 0;
    for (std::size_t i = lag; i < values.size(); ++i) {
        products += (values[i - lag] - mean) * (values[i] - mean);
    }
    // The mean is that of the values themselves, and there are `lag` fewer products than values:
    // for both it would be too low on average.
    auto const n = static_cast<double>(values.size());
    return (products / squares + 1 / n) / (1 - (static_cast<double>(lag) + 2) / n);
}

}  // namespace

double squares_around(double mean, std::vector<double> const& values) {
    double squares = 0;
    for (double const value : values) {
        squares += (value - mean) * (value - mean);
    }
    return squares;
}

double mean_of(std::vector<double> const& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(std::vector<double> const& values) {
    return squares_around(mean_of(values), values) / (static_cast<double>(values.size()) - 1);
}

Estimate estimate_mean(std::vector<double> const& values) {
    auto const count = static_cast<double>(values.size());
    return {mean_of(values), variance_of(values) / count, count - 1};
}

double effective_count(std::vector<double> const& series) {
    auto const all = static_cast<double>(series.size());
    constexpr double fewest = 4;
    if (all <= fewest) {
        return all;
    }
    double per_independent = 1;
    for (std::size_t lag = 1; lag <= series.size() / 5; ++lag) {
        double const correlation = correlation_in(series, lag);
        if (correlation <= 0) {
            break;
        }
        per_independent += 2 * correlation;
    }
    return std::max({all / per_independent, all / 5, fewest});
}

double student_t(double probability, double freedom) {
    // More are as good as infinitely many.
    freedom = std::min(freedom, 10'000.0);
    // As a function of the angle whose tangent is t / sqrt(freedom), the density is, but for a
    // factor, cosine to the power of freedom - 1: smooth, and between 0 and a right angle, from
    // 40 standard deviations on as good as 0.
    constexpr int steps = 2'000;
    double const step = std::min(std::numbers::pi / 2, 40 / std::sqrt(freedom)) / steps;
    std::vector<double> slices(steps);
    for (std::size_t i = 0; i != slices.size(); ++i) {
        slices[i] = std::pow(std::cos((static_cast<double>(i) + 0.5) * step), freedom - 1);
    }
    double missing = (2 * probability - 1) * std::accumulate(slices.begin(), slices.end(), 0.0);
    std::size_t i = 0;
    while (i + 1 < slices.size() && missing > slices[i]) {
        missing -= slices[i++];
    }
    return std::sqrt(freedom) * std::tan((static_cast<double>(i) + missing / slices[i]) * step);
}

}  // namespace roger
