// What changed from one load test to another.
#include "report/diff.hpp"

#include "protocol/record.hpp"
#include "report/estimate.hpp"
#include "report/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>
#include <string_view>

namespace roger {

namespace {

using Change = Comparison::Change;
using Unit = Comparison::Unit;
using Values = std::vector<double>;

constexpr std::size_t fewest_intervals = 5;

std::uint64_t count_of(std::span<Histogram::Bucket const> buckets) {
    std::uint64_t count = 0;
    for (Histogram::Bucket const& bucket : buckets) {
        count += static_cast<std::uint64_t>(bucket.count);
    }
    return count;
}

std::optional<double> mean_us(Interval const& interval) {
    double sum = 0;
    for (Histogram::Bucket const& bucket : interval.response) {
        sum += static_cast<double>(bucket.value_us) * static_cast<double>(bucket.count);
    }
    std::uint64_t const count = count_of(interval.response);
    return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

/// Nothing, if the interval has too few messages to have that percentile.
std::optional<double> percentile_us(Interval const& interval, double percent) {
    auto const messages = static_cast<double>(count_of(interval.response));
    if (messages * (1 - percent / 100) < 1) {
        return std::nullopt;
    }
    double below = messages * percent / 100;
    for (Histogram::Bucket const& bucket : interval.response) {
        auto const count = static_cast<double>(bucket.count);
        if (below <= count) {
            // Whole microseconds would be too coarse for fast servers: 20 µs and the next is 5 %.
            // So those of one bucket count as spread over the microsecond around it.
            return static_cast<double>(bucket.value_us) - 0.5 + below / count;
        }
        below -= count;
    }
    return static_cast<double>(interval.response.back().value_us);
}

std::optional<double> rate(Interval const& interval) {
    return static_cast<double>(interval.acked) / interval.length_s;
}

std::optional<double> failed_share(Interval const& interval) {
    auto const failed = static_cast<double>(interval.failed);
    auto const all = failed + static_cast<double>(interval.acked);
    return all == 0 ? std::nullopt : std::optional(failed / all);
}

struct Figure {
    std::string_view name;
    Unit unit;
    std::optional<double> (*in)(Interval const& interval);
    bool more_is_worse = true;
    bool may_be_noisy = false;  ///< without it, one can tell all the same
};

constexpr std::array<Figure, 5> figures = {
    {{.name = "mean", .unit = Unit::us, .in = mean_us},
     {.name = "p50",
      .unit = Unit::us,
      .in = [](Interval const& interval) { return percentile_us(interval, 50); }},
     {.name = "p99",
      .unit = Unit::us,
      .in = [](Interval const& interval) { return percentile_us(interval, 99); },
      .may_be_noisy = true},
     {.name = "failed", .unit = Unit::share, .in = failed_share},
     {.name = "rate",
      .unit = Unit::per_second,
      .in = rate,
      .more_is_worse = false,
      .may_be_noisy = true}}};

/// All but the last if that is shorter.
std::span<Interval const> whole_intervals(Report const& report) {
    std::span<Interval const> const all = report.intervals;
    constexpr double tolerance = 0.01;
    bool const last_is_whole =
        all.empty() || all.back().length_s >= all.front().length_s * (1 - tolerance);
    return last_is_whole ? all : all.first(all.size() - 1);
}

/// A time or a rate that counts for smaller ones, since zero has no logarithm.
double least_in(Interval const& interval, Unit unit) {
    constexpr double half = 0.5;
    return unit == Unit::per_second ? half / interval.length_s : half;
}

/// A figure in each interval that has it, on the scale on which it is compared: times and rates as
/// their logarithms.
Values scaled_values_of(Figure const& figure, Report const& report) {
    Values values;
    for (Interval const& interval : whole_intervals(report)) {
        if (auto const value = figure.in(interval)) {
            values.push_back(figure.unit == Unit::share
                                 ? *value
                                 : std::log(std::max(*value, least_in(interval, figure.unit))));
        }
    }
    return values;
}

bool is_zero_throughout(Figure const& figure, Report const& report) {
    return std::ranges::all_of(whole_intervals(report), [&](Interval const& interval) {
        return figure.in(interval).value_or(0) == 0;
    });
}

/// Mean over the intervals, to be shown.
std::optional<double> shown_mean(Figure const& figure, Report const& report) {
    Values const values = scaled_values_of(figure, report);
    if (values.empty()) {
        return std::nullopt;
    }
    if (is_zero_throughout(figure, report)) {
        return 0;
    }
    double const mean = mean_of(values);
    return figure.unit == Unit::share ? mean : std::exp(mean);
}

/// By how much the difference of two means may be off (Welch's t test).
double uncertainty_of_difference(Estimate const& before, Estimate const& after) {
    double const variance = before.variance + after.variance;
    if (variance == 0) {
        return 0;
    }
    double const freedom = variance * variance /
                           (before.variance * before.variance / before.freedom +
                            after.variance * after.variance / after.freedom);
    // Bonferroni's correction: 5 % for all figures together, above or below.
    constexpr double probability_above = 0.05 / figures.size() / 2;
    return student_t(1 - probability_above, freedom) * std::sqrt(variance);
}

/// Of values on their scale (see scaled_values_of).
std::optional<Change> change_between(Values const& values_before, Values const& values_after,
                                     Unit unit) {
    if (std::min(values_before.size(), values_after.size()) < fewest_intervals) {
        return std::nullopt;
    }
    Estimate const before = estimate_mean_of_series(values_before);
    Estimate const after = estimate_mean_of_series(values_after);
    double const most_likely = after.mean - before.mean;
    double const off = uncertainty_of_difference(before, after);
    auto const in_percent = [unit](double difference) {
        return 100 * (unit == Unit::share ? difference : std::expm1(difference));
    };
    return Change{in_percent(most_likely), in_percent(most_likely - off),
                  in_percent(most_likely + off)};
}

constexpr double margin_of(Unit unit) {
    return unit == Unit::share ? 0.1 : 5;
}

Comparison compare(Figure const& figure, Report const& before, Report const& after) {
    Comparison result = {.name = std::string(figure.name),
                         .unit = figure.unit,
                         .before = shown_mean(figure, before),
                         .after = shown_mean(figure, after)};
    result.change = change_between(scaled_values_of(figure, before),
                                   scaled_values_of(figure, after), figure.unit);
    if (!result.change) {
        return result;
    }
    Change const& change = *result.change;
    double const least_harm = figure.more_is_worse ? change.from : -change.to;
    double const harm = figure.more_is_worse ? change.most_likely : -change.most_likely;
    double const most_harm = figure.more_is_worse ? change.to : -change.from;
    double const margin = margin_of(figure.unit);
    result.better = most_harm < 0;
    if (least_harm > 0 && harm > margin) {
        result.judgement = Judgement::worse;
    } else if (most_harm < margin) {
        result.judgement = Judgement::no_worse;
    }
    return result;
}

/// Where a rate was asked for and achieved, it says nothing about the server.
bool was_rate_achieved(Report const& report) {
    constexpr double nearly = 0.98;
    return report.asked.rate && report.rate() >= *report.asked.rate * nearly;
}

bool is_judged(Figure const& figure, Report const& before, Report const& after) {
    return figure.unit != Unit::per_second || !was_rate_achieved(before) ||
           !was_rate_achieved(after);
}

Judgement judgement_of(std::vector<Comparison> const& comparisons) {
    auto const is_worse = [](Comparison const& one) { return one.judgement == Judgement::worse; };
    auto const is_in_the_way = [](Comparison const& one) {
        auto const* const figure = std::ranges::find(figures, one.name, &Figure::name);
        return one.judgement == Judgement::cannot_tell && !figure->may_be_noisy;
    };
    if (std::ranges::any_of(comparisons, is_worse)) {
        return Judgement::worse;
    }
    return std::ranges::any_of(comparisons, is_in_the_way) ? Judgement::cannot_tell
                                                           : Judgement::no_worse;
}

/// Text from a report, which may have come from a file.
std::string printable(std::string_view text) {
    std::string out;
    append_text(out, text);
    return out;
}

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string value_in(Settings const& settings, std::string const& option) {
    auto const found = std::ranges::find(settings, option, &Settings::value_type::first);
    return found == settings.end() ? "(not given)" : printable(found->second);
}

/// Nothing, if they are the same.
std::optional<std::string> settings_warning(Settings const& before, Settings const& after) {
    Settings options = before;
    std::ranges::copy_if(after, std::back_inserter(options), [&](auto const& setting) {
        return std::ranges::find(before, setting.first, &Settings::value_type::first) ==
               before.end();
    });
    std::vector<std::string> changes;
    for (auto const& [option, value] : options) {
        std::string const first = value_in(before, option);
        std::string const then = value_in(after, option);
        if (first != then) {
            changes.push_back(fmt::format("{} {}, then {}", printable(option), first, then));
        }
    }
    if (changes.empty()) {
        return std::nullopt;
    }
    return fmt::format("the tests were not the same, so their figures may not be comparable: {}",
                       fmt::join(changes, "; "));
}

/// Why the report cannot be compared with anything.
std::vector<std::string> obstacles_in(Report const& report, std::string_view which) {
    std::vector<std::string> obstacles;
    if (!report.generator.bottleneck.empty()) {
        obstacles.push_back(fmt::format("in the {} report the load tester was the bottleneck: {}",
                                        which, printable(report.generator.bottleneck)));
    }
    std::size_t const intervals = whole_intervals(report).size();
    if (intervals < fewest_intervals) {
        obstacles.push_back(fmt::format("the {} report has {}, and {} are needed: test for longer",
                                        which, count_text(intervals, "whole interval"),
                                        fewest_intervals));
    }
    return obstacles;
}

std::string figure_text(std::optional<double> value, Unit unit) {
    if (!value) {
        return "-";
    }
    return unit == Unit::us      ? duration_text(std::max(*value, 0.0))
           : unit == Unit::share ? share_text(*value)
                                 : rate_text(*value);
}

/// Two columns: the change and its interval.
std::string change_text(Comparison const& comparison) {
    std::string change = "-";
    std::string range;
    if (comparison.change) {
        auto const& [most_likely, from, to] = *comparison.change;
        bool const is_share = comparison.unit == Unit::share;
        auto const number = [is_share](double value) {
            constexpr double large = 1000;
            int const decimals = is_share ? 2 : std::abs(value) < large ? 1 : 0;
            return fmt::format("{:+.{}f}", value, decimals);
        };
        change = number(most_likely) + (is_share ? "pp" : "%");
        range = fmt::format("({} to {})", number(from), number(to));
    }
    return fmt::format("{:>10} {:<18}", change, range);
}

std::string_view word_for(Comparison const& comparison) {
    switch (comparison.judgement) {
        case Judgement::no_worse:
            return comparison.better ? "better" : "no worse";
        case Judgement::worse:
            return "worse";
        case Judgement::cannot_tell:
            break;
    }
    return "cannot tell";
}

std::string names_of(std::vector<Comparison> const& comparisons, Judgement judgement) {
    std::vector<std::string_view> names;
    for (Comparison const& comparison : comparisons) {
        if (comparison.judgement == judgement) {
            names.push_back(comparison.name);
        }
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string sentence_for(Difference const& difference) {
    if (!difference.is_comparable) {
        return "Cannot tell";
    }
    std::string const noisy = names_of(difference.comparisons, Judgement::cannot_tell);
    switch (difference.judgement) {
        case Judgement::worse:
            return fmt::format("Worse: {}", names_of(difference.comparisons, Judgement::worse));
        case Judgement::no_worse:
            return noisy.empty()
                       ? "No worse"
                       : fmt::format("No worse, as far as one can tell without {}", noisy);
        case Judgement::cannot_tell:
            break;
    }
    return fmt::format(
        "Cannot tell about {}, for too much noise or too few messages: test for longer", noisy);
}

}  // namespace

Difference compare(Report const& before, Report const& after) {
    Difference difference;
    for (Figure const& figure : figures) {
        if (is_judged(figure, before, after)) {
            difference.comparisons.push_back(compare(figure, before, after));
        }
    }
    difference.warnings = obstacles_in(before, "old");
    std::ranges::copy(obstacles_in(after, "new"), std::back_inserter(difference.warnings));
    difference.is_comparable = difference.warnings.empty();
    if (difference.is_comparable) {
        difference.judgement = judgement_of(difference.comparisons);
    }
    if (auto const warning = settings_warning(before.settings, after.settings)) {
        difference.warnings.push_back(*warning);
    }
    return difference;
}

std::string to_text(Difference const& difference) {
    std::string text = sentence_for(difference) + "\n";
    for (std::string const& warning : difference.warnings) {
        text += fmt::format("Warning: {}\n", warning);
    }
    text +=
        fmt::format("\n{:8}{:>10} {:>10} {:>10} (95% confidence)\n", "", "old", "new", "change");
    for (Comparison const& comparison : difference.comparisons) {
        text += fmt::format("{:8}{:>10} {:>10} {} {}\n", comparison.name,
                            figure_text(comparison.before, comparison.unit),
                            figure_text(comparison.after, comparison.unit), change_text(comparison),
                            word_for(comparison));
    }
    return text;
}

}  // namespace roger
