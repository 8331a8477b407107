// The figures of a load test that are compared with those of another.
#include "report/compared_figure.hpp"

#include <algorithm>

namespace roger {

namespace {

using Selection = IntervalSample::Selection;

/// A time below half a microsecond counts as that.
std::optional<double> scaled_time(std::optional<double> us) {
    constexpr double least = 0.5;
    return us ? std::optional(std::log(std::max(*us, least))) : std::nullopt;
}

std::optional<double> mean_us(Report const& report) {
    Histogram const& response = report.latencies.response;
    return response.empty() ? std::nullopt : std::optional(response.mean_us());
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

}  // namespace

constinit std::array<ComparedFigure, 6> const compared_figures = {
    {{.name = "mean", .unit = FigureUnit::us, .in_report = mean_us, .in_intervals = scaled_mean},
     {.name = "p50",
      .unit = FigureUnit::us,
      .in_report = percentile_us<50>,
      .in_intervals = scaled_percentile<50>},
     {.name = "p99",
      .unit = FigureUnit::us,
      .in_report = percentile_us<99>,
      .in_intervals = scaled_percentile<99>,
      .may_be_noisy = true},
     {.name = "max",
      .unit = FigureUnit::us,
      .in_report = percentile_us<100>,
      .in_intervals = scaled_percentile<100>,
      .may_be_noisy = true,
      .is_of_one_message = true,
      .incident = "stall"},
     {.name = "failed",
      .unit = FigureUnit::share,
      .in_report = failed_share,
      .in_intervals = failed_share,
      .incident = "outage"},
     {.name = "rate",
      .unit = FigureUnit::per_second,
      .in_report = rate,
      .in_intervals = scaled_rate,
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
