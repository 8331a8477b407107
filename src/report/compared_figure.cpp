// The figures of a load test that are compared with those of another.
#include "report/compared_figure.hpp"

#include "report/measure.hpp"
#include "report/objective.hpp"

#include <algorithm>
#include <limits>

namespace roger {

namespace {

using Selection = IntervalSample::Selection;

/// A time below half a microsecond counts as that.
std::optional<double> scaled_time(std::optional<double> us) {
    constexpr double least = 0.5;
    return us ? std::optional(std::log(std::max(*us, least))) : std::nullopt;
}

std::optional<double> mean_of_times(Histogram const& times) {
    return times.empty() ? std::nullopt : std::optional(times.mean_us());
}

std::optional<double> mean_us(Report const& report) {
    return mean_of_times(report.latencies.response);
}

/// Nothing, if the report has too few messages to have that percentile.
template <int Percent>
std::optional<double> percentile_us(Report const& report) {
    Histogram const& response = report.latencies.response;
    bool const is_known =
        response.count() * (100 - Percent) >= 100 || (Percent == 100 && !response.empty());
    return is_known ? std::optional(static_cast<double>(response.percentile_us(Percent)))
                    : std::nullopt;
}

template <int Percent>
std::optional<double> scaled_percentile(IntervalSample const& sample, Selection const& selection) {
    return scaled_time(sample.percentile_us(Percent, selection));
}

std::optional<double> scaled_mean(IntervalSample const& sample, Selection const& selection) {
    return scaled_time(sample.mean_us(selection));
}

std::optional<double> failed_share(Report const& report) {
    auto const all = static_cast<double>(report.outcomes.sum());
    return all == 0 ? std::nullopt
                    : std::optional(static_cast<double>(report.outcomes.failed()) / all);
}

std::optional<double> failed_share(IntervalSample const& sample, Selection const& selection) {
    return sample.failed_share(selection);
}

std::optional<double> rate(Report const& report) {
    return report.duration_s == 0 ? std::nullopt : std::optional(report.rate());
}

std::optional<double> scaled_rate(IntervalSample const& sample, Selection const& selection) {
    return std::log(sample.rate(selection));
}

/// The times that the server is certain to have taken. Where clients were too few, messages may
/// have waited for them, and not for the server.
Histogram const& certain_times(Report const& report) {
    return report.generator.too_few_clients.empty() ? report.lower_bounds.response
                                                    : report.lower_bounds.service;
}

constexpr double unlimited = std::numeric_limits<double>::infinity();

double own_part_of_time(std::optional<double> measured_us, std::optional<double> certain_us) {
    return measured_us && certain_us
               ? std::max(*scaled_time(measured_us) - *scaled_time(certain_us), 0.0)
               : unlimited;
}

template <int Percent>
std::optional<double> percentile_of_times(Histogram const& times) {
    return times.empty() ? std::nullopt
                         : std::optional(static_cast<double>(times.percentile_us(Percent)));
}

template <std::optional<double> (*Figure)(Histogram const&)>
double own_part_of(Report const& report) {
    return own_part_of_time(Figure(report.latencies.response), Figure(certain_times(report)));
}

double excused_share(Report const& report) {
    auto const all = static_cast<double>(report.outcomes.sum());
    return all == 0 ? 0 : static_cast<double>(report.excused.sum()) / all;
}

double own_part_of_rate(Report const& report) {
    double const most =
        measure(report, Objective{.text = {}, .name = {}, .figure = Objective::Rate{}}).most;
    return most <= report.rate() ? 0 : std::log(most / report.rate());
}

}  // namespace

constinit std::array<ComparedFigure, 6> const compared_figures = {
    {{.name = "mean",
      .unit = FigureUnit::us,
      .in_report = mean_us,
      .in_intervals = scaled_mean,
      .own_part = own_part_of<mean_of_times>},
     {.name = "p50",
      .unit = FigureUnit::us,
      .in_report = percentile_us<50>,
      .in_intervals = scaled_percentile<50>,
      .own_part = own_part_of<percentile_of_times<50>>},
     {.name = "p99",
      .unit = FigureUnit::us,
      .in_report = percentile_us<99>,
      .in_intervals = scaled_percentile<99>,
      .own_part = own_part_of<percentile_of_times<99>>,
      .may_be_noisy = true},
     {.name = "max",
      .unit = FigureUnit::us,
      .in_report = percentile_us<100>,
      .in_intervals = scaled_percentile<100>,
      .own_part = own_part_of<percentile_of_times<100>>,
      .may_be_noisy = true,
      .is_of_one_message = true,
      .incident = "stall"},
     {.name = "failed",
      .unit = FigureUnit::share,
      .in_report = failed_share,
      .in_intervals = failed_share,
      .own_part = excused_share,
      .incident = "outage"},
     {.name = "rate",
      .unit = FigureUnit::per_second,
      .in_report = rate,
      .in_intervals = scaled_rate,
      .own_part = own_part_of_rate,
      .more_is_worse = false,
      .may_be_noisy = true}}};

ScaledSeries series_of(ComparedFigure const& figure, IntervalSample const& sample) {
    ScaledSeries series;
    for (std::size_t item = 0; item != sample.size(); ++item) {
        if (auto const value = figure.in_intervals(sample, {item})) {
            series.items.push_back(item);
            series.values.push_back(*value);
        }
    }
    return series;
}

}  // namespace roger
