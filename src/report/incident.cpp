// Finding a few intervals that are far worse than all of another run.
#include "report/incident.hpp"

#include <algorithm>

namespace roger {

namespace {

/// A hundredth of the run, and what makes it an outlier, without the load tester's own part.
bool matters(ComparedFigure const& figure, IntervalSample const& run, Incident const& incident,
             double limit, double own_part) {
    constexpr double share = 0.01;
    if (figure.unit == FigureUnit::share) {
        double const failed = figure.in_intervals(run, run.all()).value() - own_part;
        return failed - incident.without >= share;
    }
    constexpr double us_per_s = 1e6;
    double const certain_us = figure.from_scale(figure.to_scale(incident.worst) - own_part);
    return certain_us > limit && certain_us >= share * run.length_s() * us_per_s;
}

}  // namespace

std::optional<Incident> find_incident(ComparedFigure const& figure, IntervalSample const& run,
                                      IntervalSample const& other, double own_part) {
    ScaledSeries const series = series_of(figure, run);
    ScaledSeries const others = series_of(figure, other);
    if (figure.incident.empty() || series.values.empty() || others.values.empty()) {
        return std::nullopt;
    }
    constexpr double times = 5;
    double const limit = times * figure.from_scale(std::ranges::max(others.values));
    IntervalSample::Selection outlying;
    IntervalSample::Selection rest;
    for (std::size_t i = 0; i != series.values.size(); ++i) {
        bool const is_outlying = figure.from_scale(series.values[i]) > limit;
        (is_outlying ? outlying : rest).push_back(series.items[i]);
    }
    if (outlying.empty() || outlying.size() >= rest.size()) {
        return std::nullopt;
    }
    Incident const incident = {
        .kind = figure.incident,
        .from_s = run.begin_s(outlying.front()),
        .to_s = run.begin_s(outlying.back()) + run.length_s(outlying.back()),
        .worst = figure.from_scale(std::ranges::max(series.values)),
        .without = figure.from_scale(figure.in_intervals(run, rest).value())};
    return matters(figure, run, incident, limit, own_part) ? std::optional(incident) : std::nullopt;
}

}  // namespace roger
