// A report's charts.
#include "report/report_charts.hpp"

#include "program/units.hpp"
#include "report/asked_level.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <ranges>
#include <string_view>
#include <utility>

namespace roger {

namespace {

/// No clock resolves less, and a logarithmic axis has no zero.
constexpr double shortest_us = 1;

/// The points of a line, at most: a page with more is larger, and looks no different.
constexpr std::size_t most_points = 180;

/// Of a round number, which it has to stay: 1000s, not 16.7min.
std::string duration_label(double us) {
    constexpr double second_us = 1e6;
    return us < second_us ? short_duration_text(us) : fmt::format("{:.0f}s", us / second_us);
}

/// What an axis has to span.
class Extent {
public:
    void include(double value) {
        low_ = std::min(low_, value);
        high_ = std::max(high_, value);
    }
    [[nodiscard]] Axis logarithmic() const {
        double const low = std::max(low_, shortest_us);
        return logarithmic_axis(low, std::max(high_, low), duration_label);
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
        scratch.add(interval.response);
    }
    moment.length_s = std::max(moment.length_s, shortest_s);
    if (!scratch.empty()) {
        moment.p50_us = static_cast<double>(scratch.percentile_us(50));
        moment.p99_us = static_cast<double>(scratch.percentile_us(99));
        moment.max_us = static_cast<double>(scratch.max_us());
    }
    return moment;
}

/// How many intervals make a moment.
std::size_t intervals_together(std::vector<Interval> const& intervals) {
    return (intervals.size() + most_points - 1) / most_points;
}

/// All as long as the first, but the last: a small rest goes with those before it.
std::vector<Moment> moments(std::vector<Interval> const& intervals) {
    std::vector<Moment> all;
    Histogram scratch;
    std::size_t const together = intervals_together(intervals);
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

/// Through the middle of each moment. Where there is no value before or after it, up to its edge:
/// a value holds for the whole of its moment.
template <typename Value>
std::vector<ChartPoint> points_of(std::vector<Moment> const& all, Value Moment::* value) {
    constexpr std::size_t most_dots = 60;
    std::vector<ChartPoint> points;
    std::optional<double> before;
    for (Moment const& moment : all) {
        std::optional<double> const y = std::invoke(value, moment);
        if (y.has_value() != before.has_value()) {
            points.push_back({.x = moment.begin_s, .y = y ? y : before});
        }
        points.push_back({.x = moment.begin_s + moment.length_s / 2,
                          .y = y,
                          .dot = all.size() != 1 && all.size() <= most_dots});
        before = y;
    }
    if (before) {
        points.push_back({.x = all.back().end_s(), .y = before});
    }
    return points;
}

/// Where nothing was acked there are no percentiles.
Gaps unanswered(std::vector<Moment> const& all) {
    Gaps gaps{.name = "nothing acked"};
    bool before = false;
    for (Moment const& moment : all) {
        bool const now = !moment.max_us.has_value();
        if (now && before) {
            gaps.spans.back().end = moment.end_s();
        } else if (now) {
            gaps.spans.push_back({.begin = moment.begin_s, .end = moment.end_s()});
        }
        before = now;
    }
    return gaps;
}

/// Short enough to stand beside an axis.
std::string rate_label(double per_second) {
    constexpr double million = 1e6;
    return per_second < million ? rate_text(per_second)
                                : fmt::format("{:.4g}M/s", per_second / million);
}

std::string text_of(Moment const& moment) {
    std::string text =
        fmt::format("{} to {}\n{} acked, {} failed", short_duration_text(moment.begin_s * 1e6),
                    short_duration_text(moment.end_s() * 1e6), count_text(moment.acked),
                    count_text(moment.failed));
    if (moment.max_us) {
        text += fmt::format("\np50 {}, p99 {}, max {}", duration_text(*moment.p50_us),
                            duration_text(*moment.p99_us), duration_text(*moment.max_us));
    }
    return text;
}

/// What all charts over time share: the time axis and its bands.
Chart over_time(Chart chart, std::vector<Moment> const& all) {
    chart.x = time_axis(all.back().end_s());
    for (Moment const& moment : all) {
        chart.bands.push_back({moment.begin_s, moment.end_s(), text_of(moment)});
    }
    return chart;
}

double highest(std::vector<ChartPoint> const& points) {
    double high = 0;
    for (ChartPoint const& point : points) {
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
        .lines = {{.points = points_of(all, &Moment::acked_rate), .filled = true}},
    };
    double const high = highest(chart.lines.front().points);
    chart.description =
        fmt::format("Messages acked a second over the run, at most {}.", rate_text(high));
    chart.level = asked_level(asked, all.back().end_s());
    double const high_asked = chart.level ? highest(chart.level->points) : 0;
    chart.y = linear_axis(std::max(high, high_asked), 6, rate_label);
    return over_time(std::move(chart), all);
}

Chart failure_chart(std::vector<Moment> const& all) {
    Chart chart{
        .id = "failures",
        .title = "Failures",
        .note = "messages not acked",
        .lines = {{.ink = Ink::failure,
                   .points = points_of(all, &Moment::failed_rate),
                   .filled = true}},
        .height = 90,
    };
    double const high = highest(chart.lines.front().points);
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
        .lines = {{.name = "p50", .points = points_of(all, &Moment::p50_us)},
                  {.name = "p99", .ink = Ink::second, .points = points_of(all, &Moment::p99_us)},
                  {.name = "max", .ink = Ink::third, .points = points_of(all, &Moment::max_us)}},
        .gaps = unanswered(all),
    };
    for (Gaps::Span const& span : chart.gaps.spans) {
        chart.description +=
            fmt::format(" Nothing was acked from {} to {}.", short_duration_text(span.begin * 1e6),
                        short_duration_text(span.end * 1e6));
    }
    return over_time(std::move(chart), all);
}

std::string note_on(Report const& report, std::vector<Moment> const& all) {
    std::uint64_t acked = report.outcomes[Outcome::acked];
    std::uint64_t failed = report.outcomes.failed();
    for (Interval const& interval : report.intervals) {
        acked -= std::min(acked, interval.acked);
        failed -= std::min(failed, interval.failed);
    }
    std::vector<std::string> sentences;
    if (report.intervals.size() > all.size() * intervals_together(report.intervals)) {
        sentences.emplace_back(
            "The end of the run, too short for an interval of its own, is in the last one.");
    }
    if (acked + failed != 0) {
        sentences.push_back(
            fmt::format("After the measured time came {} and {}, which are in no interval.",
                        count_text(acked, "ack"), count_text(failed, "failure")));
    }
    return fmt::format("{}", fmt::join(sentences, " "));
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

TimeCharts time_charts(Report const& report) {
    if (report.intervals.empty()) {
        return {};
    }
    std::vector<Moment> const all = moments(report.intervals);
    TimeCharts result{.charts = {throughput_chart(all, report.asked)},
                      .note = note_on(report, all)};
    if (std::ranges::any_of(all, [](Moment const& moment) { return moment.failed > 0; })) {
        result.charts.push_back(failure_chart(all));
    }
    if (std::ranges::any_of(all, [](Moment const& moment) { return moment.max_us.has_value(); })) {
        result.charts.push_back(response_chart(all));
    }
    return result;
}

}  // namespace roger
