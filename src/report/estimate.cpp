// A mean that is known from a few values.
#include "report/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

namespace roger {

namespace {

/// As if there were that many independent values.
Estimate estimate_mean(std::vector<double> const& values, double independent) {
    double const mean = mean_of(values);
    double squares = 0;
    for (double const value : values) {
        squares += (value - mean) * (value - mean);
    }
    double const variance_of_one = squares / (static_cast<double>(values.size()) - 1);
    return {mean, variance_of_one / independent, independent - 1};
}

/// Of each value with the next, of four values or more. Below 0, which would make the mean better
/// known, is not counted on.
double correlation_in(std::vector<double> const& values) {
    double const mean = mean_of(values);
    double squares = 0;
    double neighbours = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        squares += (values[i] - mean) * (values[i] - mean);
        neighbours += i == 0 ? 0 : (values[i - 1] - mean) * (values[i] - mean);
    }
    if (squares == 0) {
        return 0;
    }
    // Since the mean is that of the values themselves, this is on average too low by
    // (1 + 3 * correlation) / n (Kendall).
    auto const n = static_cast<double>(values.size());
    return std::clamp((neighbours / squares + 1 / n) / (1 - 3 / n), 0.0, 1.0);
}

}  // namespace

double mean_of(std::vector<double> const& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Estimate estimate_mean(std::vector<double> const& values) {
    return estimate_mean(values, static_cast<double>(values.size()));
}

Estimate estimate_mean_of_series(std::vector<double> const& values) {
    auto const all = static_cast<double>(values.size());
    constexpr double fewest = 4;
    if (all <= fewest) {
        return estimate_mean(values);
    }
    double const correlation = correlation_in(values);
    double const independent = all * (1 - correlation) / (1 + correlation);
    return estimate_mean(values, std::max({independent, all / 5, fewest}));
}

double student_t(double probability, double freedom) {
    // More are as good as infinitely many.
    freedom = std::min(freedom, 10'000.0);
    // As a function of the angle whose tangent is t / sqrt(freedom), the density is, but for a
    // factor, cosine to the power of freedom - 1: smooth, and between 0 and a right angle.
    constexpr int steps = 10'000;
    constexpr double step = std::numbers::pi / 2 / steps;
    auto const slice = [freedom](int i) {
        return std::pow(std::cos((i + 0.5) * step), freedom - 1);
    };
    double whole = 0;
    for (int i = 0; i < steps; ++i) {
        whole += slice(i);
    }
    double missing = (2 * probability - 1) * whole;
    int i = 0;
    while (i < steps - 1 && missing > slice(i)) {
        missing -= slice(i++);
    }
    return std::sqrt(freedom) * std::tan((i + missing / slice(i)) * step);
}

}  // namespace roger
