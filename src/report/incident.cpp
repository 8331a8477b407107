// Finding the intervals of a run that are far worse than all others.
#include "report/incident.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace roger {

namespace {

using Selection = IntervalSample::Selection;
using Values = std::vector<double>;

/// Of one value or more.
double median_of(Values values) {
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

/// The standard deviation from the medians of both, if it were a normal distribution.
double spread_in(Values const& run, Values const& other) {
    Values deviations;
    for (Values const* const values : {&run, &other}) {
        double const median = median_of(*values);
        for (double const value : *values) {
            deviations.push_back(std::abs(value - median));
        }
    }
    constexpr double to_standard = 1.4826;
    return to_standard * median_of(deviations);
}

/// Above it an interval of `run` belongs to an incident.
double limit_for(ComparedFigure const& figure, Values const& run, Values const& other) {
    constexpr double far_out = 10;
    double const least = figure.unit == FigureUnit::share ? figure.margin() : std::numbers::ln2;
    return std::max(median_of(run) + std::max(far_out * spread_in(run, other), least),
                    std::ranges::max(other) + least);
}

bool took_a_hundredth(ComparedFigure const& figure, IntervalSample const& run,
                      Incident const& incident) {
    constexpr double share = 0.01;
    if (figure.unit == FigureUnit::share) {
        return figure.in_intervals(run, run.all()).value() - incident.without >= share;
    }
    constexpr double us_per_s = 1e6;
    return incident.worst >= share * run.length_s() * us_per_s;
}

}  // namespace

std::optional<Incident> find_incident(ComparedFigure const& figure, IntervalSample const& run,
                                      IntervalSample const& other) {
    ScaledSeries const series = series_of(figure, run);
    ScaledSeries const others = series_of(figure, other);
    if (figure.incident.empty() || series.values.empty() || others.values.empty()) {
        return std::nullopt;
    }
    double const limit = limit_for(figure, series.values, others.values);
    Selection outlying;
    Selection rest;
    for (std::size_t i = 0; i != series.values.size(); ++i) {
        (series.values[i] > limit ? outlying : rest).push_back(series.items[i]);
    }
    if (outlying.empty()) {
        return std::nullopt;
    }
    Incident const incident = {
        .kind = figure.incident,
        .from_s = run.begin_s(outlying.front()),
        .to_s = run.begin_s(outlying.back()) + run.length_s(outlying.back()),
        .worst = figure.from_scale(std::ranges::max(series.values)),
        .without = figure.from_scale(figure.in_intervals(run, rest).value())};
    return took_a_hundredth(figure, run, incident) ? std::optional(incident) : std::nullopt;
}

}  // namespace roger
