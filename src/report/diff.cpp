// What changed from one load test to another.
#include "report/diff.hpp"

#include "program/units.hpp"
#include "protocol/escaped.hpp"
#include "report/bootstrap.hpp"
#include "report/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace roger {

namespace {

using Change = Comparison::Change;
using Reports = std::vector<Report>;

/// The reports of both sides, ready for the comparison of any figure.
struct Sides {
    Sides(Reports const& reports_before, Reports const& reports_after)
        : before(reports_before.begin(), reports_before.end()),
          after(reports_after.begin(), reports_after.end()) {}

    [[nodiscard]] bool are_single() const { return before.size() == 1 && after.size() == 1; }

    std::vector<IntervalSample> before;
    std::vector<IntervalSample> after;
};

/// A difference of two means and how well it is known.
struct Uncertain {
    double difference;
    double variance;
    double freedom;
};

/// By Welch.
Uncertain difference_of(Estimate const& before, Estimate const& after) {
    double const variance = before.variance + after.variance;
    double const squares = before.variance * before.variance / before.freedom +
                           after.variance * after.variance / after.freedom;
    return {after.mean - before.mean, variance, variance == 0 ? 1 : variance * variance / squares};
}

/// By Student: all values have the same variance, so one side may have a single one.
Uncertain difference_of(std::vector<double> const& before, std::vector<double> const& after) {
    double const mean_before = mean_of(before);
    double const mean_after = mean_of(after);
    auto const count_before = static_cast<double>(before.size());
    auto const count_after = static_cast<double>(after.size());
    double const freedom = count_before + count_after - 2;
    double const variance_of_one =
        (squares_around(mean_before, before) + squares_around(mean_after, after)) / freedom;
    return {mean_after - mean_before, variance_of_one * (1 / count_before + 1 / count_after),
            freedom};
}

/// On the figure's scale; every report has it.
std::vector<double> values_in(ComparedFigure const& figure,
                              std::vector<IntervalSample> const& samples) {
    std::vector<double> values;
    values.reserve(samples.size());
    for (IntervalSample const& sample : samples) {
        values.push_back(figure.in_intervals(sample, sample.all()).value());
    }
    return values;
}

std::optional<Uncertain> difference_of(ComparedFigure const& figure, Sides const& sides) {
    if (!sides.are_single()) {
        return difference_of(values_in(figure, sides.before), values_in(figure, sides.after));
    }
    if (figure.is_of_one_message) {
        return std::nullopt;
    }
    auto const before = bootstrap(figure, sides.before.front());
    auto const after = bootstrap(figure, sides.after.front());
    return before && after ? std::optional(difference_of(*before, *after)) : std::nullopt;
}

Change change_of(Uncertain const& known, ComparedFigure const& figure) {
    // Bonferroni's correction: 5 % for all figures together, above or below.
    constexpr double probability_above = 0.05 / compared_figures.size() / 2;
    double const off = known.variance == 0 ? 0
                                           : student_t(1 - probability_above, known.freedom) *
                                                 std::sqrt(known.variance);
    return {figure.percent(known.difference), figure.percent(known.difference - off),
            figure.percent(known.difference + off)};
}

/// To be shown.
std::optional<double> mean_in(ComparedFigure const& figure, Reports const& reports) {
    if (reports.size() == 1) {
        return figure.in_report(reports.front());
    }
    double sum = 0;
    for (Report const& report : reports) {
        auto const value = figure.in_report(report);
        if (!value) {
            return std::nullopt;
        }
        sum += figure.to_scale(*value);
    }
    return figure.from_scale(sum / static_cast<double>(reports.size()));
}

void judge(ComparedFigure const& figure, Comparison& comparison) {
    auto const& [most_likely, from, to] = *comparison.change;
    double const least_harm = figure.more_is_worse ? from : -to;
    double const harm = figure.more_is_worse ? most_likely : -most_likely;
    double const most_harm = figure.more_is_worse ? to : -from;
    double const margin = figure.percent(figure.margin());
    comparison.better = most_harm < 0;
    if (least_harm > 0 && harm > margin) {
        comparison.judgement = Judgement::worse;
    } else if (most_harm < margin) {
        comparison.judgement = Judgement::no_worse;
    }
}

void judge_by_incident(ComparedFigure const& figure, Comparison& comparison) {
    if (comparison.incident_after) {
        comparison.worse_by_incident = comparison.judgement != Judgement::worse;
        comparison.judgement = Judgement::worse;
    } else if (figure.is_of_one_message) {
        comparison.judgement = Judgement::no_worse;
    }
}

Comparison compare(ComparedFigure const& figure, Reports const& before, Reports const& after,
                   Sides const& sides) {
    Comparison result = {.name = std::string(figure.name),
                         .unit = figure.unit,
                         .before = mean_in(figure, before),
                         .after = mean_in(figure, after)};
    if (!result.before || !result.after) {
        return result;
    }
    if (auto const difference = difference_of(figure, sides)) {
        result.change = change_of(*difference, figure);
        judge(figure, result);
    }
    if (sides.are_single()) {
        result.incident_before = find_incident(figure, sides.before.front(), sides.after.front());
        result.incident_after = find_incident(figure, sides.after.front(), sides.before.front());
        judge_by_incident(figure, result);
    }
    return result;
}

/// Where a rate was asked for and achieved, it says nothing about the server.
bool was_rate_achieved(Report const& report) {
    constexpr double nearly = 0.98;
    return report.asked.rate && report.rate() >= *report.asked.rate * nearly;
}

bool is_judged(ComparedFigure const& figure, Reports const& before, Reports const& after) {
    return figure.unit != FigureUnit::per_second ||
           !std::ranges::all_of(before, was_rate_achieved) ||
           !std::ranges::all_of(after, was_rate_achieved);
}

Judgement judgement_of(std::vector<Comparison> const& comparisons) {
    auto const is_worse = [](Comparison const& one) { return one.judgement == Judgement::worse; };
    auto const is_in_the_way = [](Comparison const& one) {
        auto const* const figure =
            std::ranges::find(compared_figures, one.name, &ComparedFigure::name);
        return one.judgement == Judgement::cannot_tell && !figure->may_be_noisy;
    };
    if (std::ranges::any_of(comparisons, is_worse)) {
        return Judgement::worse;
    }
    return std::ranges::any_of(comparisons, is_in_the_way) ? Judgement::cannot_tell
                                                           : Judgement::no_worse;
}

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string value_in(Settings const& settings, std::string const& option) {
    auto const found = std::ranges::find(settings, option, &Settings::value_type::first);
    return found == settings.end() ? "(not given)" : escaped(found->second);
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
            changes.push_back(fmt::format("{} {}, then {}", escaped(option), first, then));
        }
    }
    if (changes.empty()) {
        return std::nullopt;
    }
    return fmt::format("the tests were not the same, so their figures may not be comparable: {}",
                       fmt::join(changes, "; "));
}

using Warnings = std::vector<std::string>;

/// Each different one once.
void add_settings_warnings(Warnings& warnings, Report const& first, Reports const& others) {
    for (Report const& other : others) {
        auto const warning = settings_warning(first.settings, other.settings);
        if (warning && std::ranges::find(warnings, *warning) == warnings.end()) {
            warnings.push_back(*warning);
        }
    }
}

/// Why the reports of a side cannot be compared with anything.
void add_obstacles(Warnings& warnings, Reports const& reports, std::string_view side,
                   bool by_intervals) {
    for (std::size_t i = 0; i != reports.size(); ++i) {
        std::string const which = reports.size() == 1 ? fmt::format("the {} report", side)
                                                      : fmt::format("{} report {}", side, i + 1);
        if (std::string const& bottleneck = reports[i].generator.bottleneck; !bottleneck.empty()) {
            warnings.push_back(fmt::format("in {} the load tester was held up itself: {}", which,
                                           escaped(bottleneck)));
        }
        if (std::string const& few = reports[i].generator.too_few_clients; !few.empty()) {
            warnings.push_back(fmt::format("in {}, {}", which, escaped(few)));
        }
        std::size_t const intervals = whole_intervals(reports[i]).size();
        if (by_intervals && intervals < fewest_intervals) {
            warnings.push_back(fmt::format("{} has {}, and {} are needed: test for longer", which,
                                           count_text(intervals, "whole interval"),
                                           fewest_intervals));
        }
    }
}

void demand_different(Reports const& reports, std::string_view side) {
    for (auto one = reports.begin(); one != reports.end(); ++one) {
        auto const again = std::find(std::next(one), reports.end(), *one);
        if (again != reports.end()) {
            throw std::invalid_argument(
                fmt::format("{} reports {} and {} are the same: each is of a test of its own", side,
                            one - reports.begin() + 1, again - reports.begin() + 1));
        }
    }
}

}  // namespace

Difference compare(Reports const& before, Reports const& after) {
    demand_different(before, "old");
    demand_different(after, "new");
    Sides const sides(before, after);
    Difference difference = {.reports_before = before.size(), .reports_after = after.size()};
    for (ComparedFigure const& figure : compared_figures) {
        if (is_judged(figure, before, after)) {
            difference.comparisons.push_back(compare(figure, before, after, sides));
        }
    }
    add_obstacles(difference.warnings, before, "old", sides.are_single());
    add_obstacles(difference.warnings, after, "new", sides.are_single());
    difference.is_comparable = difference.warnings.empty();
    if (difference.is_comparable) {
        difference.judgement = judgement_of(difference.comparisons);
    }
    add_settings_warnings(difference.warnings, before.front(), before);
    add_settings_warnings(difference.warnings, before.front(), after);
    return difference;
}

}  // namespace roger
