// A report's charts.
#include "report/report_charts.hpp"

#include "report/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <ranges>
#include <string_view>
#include <utility>

namespace roger {

namespace {

/// No clock tells less, and a logarithmic axis has no zero.
constexpr double shortest_us = 1;

/// The points of a line, at most: a page with more is larger, and looks no different.
constexpr std::size_t most_points = 180;

/// What an axis has to span.
class Extent {
public:
    void include(double value) {
        low_ = std::min(low_, value);
        high_ = std::max(high_, value);
    }
    [[nodiscard]] Axis logarithmic() const {
        double const low = std::max(low_, shortest_us);
        return logarithmic_axis(low, std::max(high_, low), short_duration_text);
    }

private:
    double low_ = std::numeric_limits<double>::max();
    double high_ = 0;
};

/// Durations of one kind, for a line.
struct Kind {
    std::string_view name;
    Histogram const* durations;
    Ink ink;
};

/// The percentile whose position is log10 of the count is the longest duration: only one of so many
/// is as long.
double last_position(Histogram const& durations) {
    return std::log10(static_cast<double>(durations.count()));
}

double duration_at(Histogram const& durations, double position) {
    return static_cast<double>(position < last_position(durations)
                                   ? durations.percentile_us(percentile_at(position))
                                   : durations.max_us());
}

Line percentile_line(Kind const& kind, double step) {
    Line line{.name = std::string(kind.name), .ink = kind.ink};
    double const last = last_position(*kind.durations);
    for (double i = 0; i * step < last; ++i) {
        line.points.push_back({i * step, duration_at(*kind.durations, i * step)});
    }
    line.points.push_back({last, static_cast<double>(kind.durations->max_us())});
    return line;
}

Band percentile_band(std::vector<Kind> const& kinds, double position, double step) {
    std::string text = share_text(percentile_at(position) / 100);
    for (Kind const& kind : kinds) {
        text += fmt::format("\n{} {}", kind.name,
                            duration_text(duration_at(*kind.durations, position)));
    }
    return {.begin = position - step / 2, .end = position + step / 2, .text = std::move(text)};
}

std::string summary(std::vector<Kind> const& kinds) {
    std::string text;
    for (Kind const& kind : kinds) {
        text += fmt::format("{}{}: half within {}, 99% within {}, the longest {}.",
                            text.empty() ? "" : " ", kind.name,
                            duration_text(static_cast<double>(kind.durations->percentile_us(50))),
                            duration_text(static_cast<double>(kind.durations->percentile_us(99))),
                            duration_text(static_cast<double>(kind.durations->max_us())));
    }
    return text;
}

/// One or more intervals, taken together.
struct Moment {
    double begin_s = 0;
    double length_s = 0;
    std::uint64_t acked = 0;
    std::uint64_t failed = 0;
    std::optional<double> p50_us = {};
    std::optional<double> p99_us = {};
    std::optional<double> max_us = {};

    [[nodiscard]] double end_s() const { return begin_s + length_s; }
    [[nodiscard]] double acked_rate() const { return static_cast<double>(acked) / length_s; }
    [[nodiscard]] double failed_rate() const { return static_cast<double>(failed) / length_s; }
};

using Intervals = std::ranges::subrange<std::vector<Interval>::const_iterator>;

/// `scratch` saves a large allocation each time.
Moment take_together(Intervals intervals, Histogram& scratch) {
    constexpr double shortest_s = 1e-6;
    Moment moment{.begin_s = intervals.front().begin_s};
    scratch.clear();
    for (Interval const& interval : intervals) {
        moment.length_s += interval.length_s;
        moment.acked += interval.acked;
        moment.failed += interval.failed;
        for (Histogram::Bucket const& bucket : interval.response) {
            scratch.add(bucket);
        }
    }
    moment.length_s = std::max(moment.length_s, shortest_s);
    if (!scratch.empty()) {
        moment.p50_us = static_cast<double>(scratch.percentile_us(50));
        moment.p99_us = static_cast<double>(scratch.percentile_us(99));
        moment.max_us = static_cast<double>(scratch.max_us());
    }
    return moment;
}

/// All as long as the first, but the last: a small rest goes with those before it, since a rate of
/// next to no time says nothing.
std::vector<Moment> moments(std::vector<Interval> const& intervals) {
    std::vector<Moment> all;
    Histogram scratch;
    std::size_t const together = (intervals.size() + most_points - 1) / most_points;
    for (auto from = intervals.begin(); from != intervals.end();) {
        auto const left = static_cast<std::size_t>(intervals.end() - from);
        auto to = std::next(from, static_cast<std::ptrdiff_t>(std::min(together, left)));
        double const rest_s = to == intervals.end() ? 0
                                                    : intervals.back().begin_s +
                                                          intervals.back().length_s - to->begin_s;
        if (rest_s < static_cast<double>(together) * intervals.front().length_s / 2) {
            to = intervals.end();
        }
        all.push_back(take_together({from, to}, scratch));
        from = to;
    }
    return all;
}

using Member = double (Moment::*)() const;

/// In the middle of its moment; a moment that is the only one is a line by itself.
void append_point(Line& line, std::vector<Moment> const& all, Moment const& moment,
                  std::optional<double> y) {
    if (all.size() == 1) {
        line.points = {{moment.begin_s, y}, {moment.end_s(), y}};
    } else {
        line.points.push_back({moment.begin_s + moment.length_s / 2, y});
    }
}

Line rate_line(std::vector<Moment> const& all, Member rate, Ink ink) {
    Line line{.ink = ink, .filled = true};
    for (Moment const& moment : all) {
        append_point(line, all, moment, (moment.*rate)());
    }
    return line;
}

Line duration_line(std::vector<Moment> const& all, std::string name,
                   std::optional<double> Moment::* duration, Ink ink) {
    Line line{.name = std::move(name), .ink = ink};
    for (Moment const& moment : all) {
        append_point(line, all, moment, moment.*duration);
    }
    return line;
}

/// Short enough to stand beside an axis.
std::string rate_label(double per_second) {
    constexpr double million = 1e6;
    return per_second < million ? rate_text(per_second)
                                : fmt::format("{:.4g}M/s", per_second / million);
}

std::string duration_or_none(std::optional<double> us) {
    return us ? duration_text(*us) : "none";
}

std::string text_of(Moment const& moment) {
    return fmt::format("{} to {}\n{} acked, {} failed\np50 {}, p99 {}, max {}",
                       short_duration_text(moment.begin_s * 1e6),
                       short_duration_text(moment.end_s() * 1e6), count_text(moment.acked),
                       count_text(moment.failed), duration_or_none(moment.p50_us),
                       duration_or_none(moment.p99_us), duration_or_none(moment.max_us));
}

/// What all charts over time share: the time axis, its bands, dots where there is room for them.
Chart over_time(Chart chart, std::vector<Moment> const& all) {
    constexpr std::size_t most_dotted = 60;
    chart.x = time_axis(all.back().end_s());
    for (Moment const& moment : all) {
        chart.bands.push_back({moment.begin_s, moment.end_s(), text_of(moment)});
    }
    for (Line& line : chart.lines) {
        line.dotted = all.size() != 1 && all.size() <= most_dotted;
    }
    return chart;
}

double highest(Line const& line) {
    double high = 0;
    for (ChartPoint const& point : line.points) {
        high = std::max(high, point.y.value_or(0));
    }
    return high;
}

Chart throughput_chart(std::vector<Moment> const& all, Asked const& asked) {
    Chart chart{
        .id = "throughput",
        .title = "Throughput",
        .note = fmt::format("messages acked, in intervals of {}",
                            short_duration_text(all.front().length_s * 1e6)),
        .lines = {rate_line(all, &Moment::acked_rate, Ink::first)},
    };
    double const high = highest(chart.lines.front());
    chart.description =
        fmt::format("Messages acked a second over the run, at most {}.", rate_text(high));
    if (asked.rate) {
        chart.level = {.y = *asked.rate, .label = "asked " + rate_text(*asked.rate)};
    }
    chart.y = linear_axis(std::max(high, asked.rate.value_or(0)), 6, rate_label);
    return over_time(std::move(chart), all);
}

Chart failure_chart(std::vector<Moment> const& all) {
    Chart chart{
        .id = "failures",
        .title = "Failures",
        .note = "messages not acked",
        .lines = {rate_line(all, &Moment::failed_rate, Ink::failure)},
        .height = 90,
    };
    double const high = highest(chart.lines.front());
    chart.description = fmt::format("Failures a second over the run, at most {}.", rate_text(high));
    chart.y = linear_axis(high, 3, rate_label);
    return over_time(std::move(chart), all);
}

Chart response_chart(std::vector<Moment> const& all) {
    Extent extent;
    for (Moment const& moment : all) {
        if (moment.max_us) {
            extent.include(*moment.p50_us);
            extent.include(*moment.max_us);
        }
    }
    Chart chart{
        .id = "responses",
        .title = "Response time over the run",
        .note = "logarithmic",
        .description =
            "The median, the 99th percentile and the longest response time over the run.",
        .y = extent.logarithmic(),
        .lines = {duration_line(all, "p50", &Moment::p50_us, Ink::first),
                  duration_line(all, "p99", &Moment::p99_us, Ink::second),
                  duration_line(all, "max", &Moment::max_us, Ink::third)},
    };
    return over_time(std::move(chart), all);
}

}  // namespace

std::vector<Chart> percentile_charts(Latencies const& latencies) {
    std::vector<Kind> kinds = {{"response", &latencies.response, Ink::first},
                               {"service", &latencies.service, Ink::second},
                               {"connect", &latencies.connect, Ink::third}};
    std::erase_if(kinds, [](Kind const& kind) { return kind.durations->empty(); });
    if (kinds.empty()) {
        return {};
    }
    constexpr double finest = 0.05;
    double last = 1;
    Extent extent;
    for (Kind const& kind : kinds) {
        last = std::max(last, last_position(*kind.durations));
        extent.include(static_cast<double>(kind.durations->min_us()));
        extent.include(static_cast<double>(kind.durations->max_us()));
    }
    double const step = std::max(finest, last / static_cast<double>(most_points));
    Chart chart{
        .id = "percentiles",
        .title = "Latency by percentile",
        .note = "both axes logarithmic",
        .description = summary(kinds),
        .x = percentile_axis(last),
        .y = extent.logarithmic(),
        .height = 300,
    };
    for (Kind const& kind : kinds) {
        chart.lines.push_back(percentile_line(kind, step));
    }
    for (double i = 0; i * step < last; ++i) {
        chart.bands.push_back(percentile_band(kinds, i * step, step));
    }
    return {chart};
}

std::vector<Chart> time_charts(Report const& report) {
    if (report.intervals.empty()) {
        return {};
    }
    std::vector<Moment> const all = moments(report.intervals);
    std::vector<Chart> charts = {throughput_chart(all, report.asked)};
    if (std::ranges::any_of(all, [](Moment const& moment) { return moment.failed > 0; })) {
        charts.push_back(failure_chart(all));
    }
    if (std::ranges::any_of(all, [](Moment const& moment) { return moment.max_us.has_value(); })) {
        charts.push_back(response_chart(all));
    }
    return charts;
}

}  // namespace roger
