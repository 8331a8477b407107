// What changed from one load test to another.
#include "report/diff.hpp"

#include "program/units.hpp"
#include "protocol/escaped.hpp"
#include "report/bootstrap.hpp"
#include "report/estimate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

/// On the figure's scale.
struct Range {
    double most_likely;
    double from;
    double to;

    [[nodiscard]] Range shifted(double by) const { return {most_likely + by, from + by, to + by}; }
};

Range range_of(Uncertain const& known) {
    // Bonferroni's correction: 5 % for all figures together, above or below.
    constexpr double probability_above = 0.05 / compared_figures.size() / 2;
    double const off = known.variance == 0 ? 0
                                           : student_t(1 - probability_above, known.freedom) *
                                                 std::sqrt(known.variance);
    return {known.difference, known.difference - off, known.difference + off};
}

Change in_percent(Range const& range, ComparedFigure const& figure) {
    return {figure.percent(range.most_likely), figure.percent(range.from),
            figure.percent(range.to)};
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

/// What the load tester may have added to a figure of a side, on its scale.
struct OwnParts {
    double before = 0;
    double after = 0;
};

/// What a load tester adds to nearly every message it adds in every run, and so on both sides: that
/// leaves a doubt only where the report warns of it. Failures it excuses one by one.
bool is_own_part_in_doubt(ComparedFigure const& figure, Report const& report) {
    return figure.unit == FigureUnit::share || !report.generator.bottleneck.empty() ||
           !report.generator.too_few_clients.empty();
}

/// As the mean over the reports of a side has it.
double own_part_in(ComparedFigure const& figure, Reports const& reports) {
    double sum = 0;
    for (Report const& report : reports) {
        sum += is_own_part_in_doubt(figure, report) ? figure.own_part(report) : 0;
    }
    return sum / static_cast<double>(reports.size());
}

struct Finding {
    Judgement judgement = Judgement::cannot_tell;
    bool better = false;
};

/// For the server, the change may be less harmful by the new side's own part, and more so by the
/// old side's.
Finding judge(ComparedFigure const& figure, Range const& range, OwnParts const& own) {
    double const harmful = figure.more_is_worse ? 1 : -1;
    Change const least = in_percent(range.shifted(-harmful * own.after), figure);
    Change const most = in_percent(range.shifted(harmful * own.before), figure);
    double const least_harm = figure.more_is_worse ? least.from : -least.to;
    double const harm = harmful * least.most_likely;
    double const most_harm = figure.more_is_worse ? most.to : -most.from;
    double const margin = figure.percent(figure.margin());
    if (least_harm > 0 && harm > margin) {
        return {.judgement = Judgement::worse};
    }
    return {.judgement = most_harm < margin ? Judgement::no_worse : Judgement::cannot_tell,
            .better = most_harm < 0};
}

void judge_by_range(ComparedFigure const& figure, Range const& range, OwnParts const& own,
                    Comparison& comparison) {
    auto const [judgement, better] = judge(figure, range, own);
    comparison.change = in_percent(range, figure);
    comparison.judgement = judgement;
    comparison.better = better;
    comparison.as_measured = judge(figure, range, {}).judgement;
}

/// `own_part`, of the new side: of one event it may be all.
void judge_by_incident(ComparedFigure const& figure, Sides const& sides, double own_part,
                       Comparison& comparison) {
    IntervalSample const& before = sides.before.front();
    IntervalSample const& after = sides.after.front();
    comparison.incident_before = find_incident(figure, before, after);
    comparison.incident_after = find_incident(figure, after, before);
    if (comparison.incident_after) {
        comparison.as_measured = Judgement::worse;
    } else if (figure.is_of_one_message) {
        comparison.judgement = comparison.as_measured = Judgement::no_worse;
    }
    if (find_incident(figure, after, before, own_part)) {
        comparison.worse_by_incident = comparison.judgement != Judgement::worse;
        comparison.judgement = Judgement::worse;
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
    OwnParts const own = {.before = own_part_in(figure, before),
                          .after = own_part_in(figure, after)};
    if (auto const difference = difference_of(figure, sides)) {
        judge_by_range(figure, range_of(*difference), own, result);
    }
    if (sides.are_single()) {
        judge_by_incident(figure, sides, figure.own_part(after.front()), result);
    }
    return result;
}

/// A rate that was asked for and achieved says nothing about the server.
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
        return one.judgement == Judgement::cannot_tell &&
               (!figure->may_be_noisy || one.as_measured == Judgement::worse);
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
    return found == settings.end() ? "(not given)" : escaped_once(found->second);
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
            changes.push_back(fmt::format("{} {}, then {}", escaped_once(option), first, then));
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

std::string name_of(std::string_view side, std::size_t number, Reports const& reports) {
    return reports.size() == 1 ? fmt::format("the {} report", side)
                               : fmt::format("{} report {}", side, number + 1);
}

/// What the load tester itself may have added to figures.
void add_own_troubles(Warnings& warnings, Reports const& reports, std::string_view side) {
    for (std::size_t i = 0; i != reports.size(); ++i) {
        std::string const which = name_of(side, i, reports);
        if (std::string const& bottleneck = reports[i].generator.bottleneck; !bottleneck.empty()) {
            warnings.push_back(fmt::format("in {} the load tester was held up itself: {}", which,
                                           escaped_once(bottleneck)));
        }
        if (std::string const& few = reports[i].generator.too_few_clients; !few.empty()) {
            warnings.push_back(fmt::format("in {}, {}", which, escaped_once(few)));
        }
    }
}

/// Why two reports cannot be compared by their intervals.
void add_obstacles(Warnings& warnings, Reports const& reports, std::string_view side) {
    for (std::size_t i = 0; i != reports.size(); ++i) {
        std::size_t const intervals = whole_intervals(reports[i]).size();
        if (intervals < fewest_intervals) {
            warnings.push_back(fmt::format(
                "{} has {}, and {} are needed: test for longer", name_of(side, i, reports),
                count_text(intervals, "whole interval"), fewest_intervals));
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
    if (sides.are_single()) {
        add_obstacles(difference.warnings, before, "old");
        add_obstacles(difference.warnings, after, "new");
    }
    difference.is_comparable = difference.warnings.empty();
    if (difference.is_comparable) {
        difference.judgement = judgement_of(difference.comparisons);
    }
    add_own_troubles(difference.warnings, before, "old");
    add_own_troubles(difference.warnings, after, "new");
    add_settings_warnings(difference.warnings, before.front(), before);
    add_settings_warnings(difference.warnings, before.front(), after);
    return difference;
}

}  // namespace roger
