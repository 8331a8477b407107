// What changed from one load test to another, in words.
#include "program/units.hpp"
#include "report/diff.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>

namespace roger {

namespace {

std::string figure_text(std::optional<double> value, FigureUnit unit) {
    if (!value) {
        return "-";
    }
    return unit == FigureUnit::us      ? duration_text(*value)
           : unit == FigureUnit::share ? share_text(*value)
                                       : rate_text(*value);
}

/// Two columns: the change and its interval.
std::string change_text(Comparison const& comparison) {
    std::string change = "-";
    std::string range;
    if (comparison.change) {
        auto const& [most_likely, from, to] = *comparison.change;
        bool const is_share = comparison.unit == FigureUnit::share;
        auto const number = [is_share](double value) {
            constexpr double large = 1000;
            constexpr double largest = 99'999;
            int const decimals = is_share ? 2 : std::abs(value) < large ? 1 : 0;
            return value > largest ? fmt::format(">{:+.0f}", largest)
                                   : fmt::format("{:+.{}f}", value, decimals);
        };
        change = number(most_likely) + (is_share ? "pp" : "%");
        range = fmt::format("({} to {})", number(from), number(to));
    }
    return fmt::format("{:>10} {:<18}", change, range);
}

std::string word_for(Comparison const& comparison) {
    switch (comparison.judgement) {
        case Judgement::no_worse:
            return !comparison.change ? "no stall" : comparison.better ? "better" : "no worse";
        case Judgement::worse:
            return comparison.worse_by_incident
                       ? fmt::format("worse: {}", comparison.incident_after->kind)
                       : "worse";
        case Judgement::cannot_tell:
            break;
    }
    return comparison.may_be_own() ? "cannot tell: own part" : "cannot tell";
}

template <typename Predicate>
std::string names_of(std::vector<Comparison> const& comparisons, Predicate is_named) {
    std::vector<std::string> names;
    for (Comparison const& comparison : comparisons) {
        if (std::invoke(is_named, comparison)) {
            names.push_back(
                comparison.worse_by_incident
                    ? fmt::format("{} ({})", comparison.name, comparison.incident_after->kind)
                    : comparison.name);
        }
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string names_of(std::vector<Comparison> const& comparisons, Judgement judgement) {
    return names_of(comparisons, [=](Comparison const& one) { return one.judgement == judgement; });
}

/// About figures on which there is no telling: why, and what helps.
std::string doubts(Difference const& difference) {
    std::vector<std::string> sentences;
    std::string const own = names_of(difference.comparisons, &Comparison::may_be_own);
    if (!own.empty()) {
        sentences.push_back(
            fmt::format("about {}, since the load tester itself may be the reason", own));
    }
    std::string const noisy = names_of(difference.comparisons, [](Comparison const& one) {
        return one.judgement == Judgement::cannot_tell && !one.may_be_own();
    });
    if (!noisy.empty()) {
        bool const are_single = difference.reports_before == 1 && difference.reports_after == 1;
        sentences.push_back(
            fmt::format("about {}, for too much noise or too few messages: test {}", noisy,
                        are_single ? "for longer, or several times" : "more often"));
    }
    return fmt::format("Cannot tell {}", fmt::join(sentences, "; nor "));
}

std::string sentence_for(Difference const& difference) {
    if (!difference.is_comparable) {
        return "Cannot tell";
    }
    switch (difference.judgement) {
        case Judgement::worse:
            return fmt::format("Worse: {}", names_of(difference.comparisons, Judgement::worse));
        case Judgement::no_worse: {
            std::string const unknown = names_of(difference.comparisons, Judgement::cannot_tell);
            return unknown.empty()
                       ? "No worse"
                       : fmt::format("No worse, as far as one can tell without {}", unknown);
        }
        case Judgement::cannot_tell:
            break;
    }
    return doubts(difference);
}

std::string column_name(std::string_view side, std::size_t reports) {
    return reports == 1 ? std::string(side) : fmt::format("{} ({})", side, reports);
}

std::string table_of(Difference const& difference) {
    std::string text = fmt::format("{:8}{:>10} {:>10} {:>10} (95% confidence)\n", "",
                                   column_name("old", difference.reports_before),
                                   column_name("new", difference.reports_after), "change");
    for (Comparison const& comparison : difference.comparisons) {
        text += fmt::format("{:8}{:>10} {:>10} {} {}\n", comparison.name,
                            figure_text(comparison.before, comparison.unit),
                            figure_text(comparison.after, comparison.unit), change_text(comparison),
                            word_for(comparison));
    }
    return text;
}

std::string incident_text(std::string_view side, Incident const& incident,
                          Comparison const& comparison, bool may_be_own) {
    constexpr double us_per_s = 1e6;
    return fmt::format("The {} report has a {}, {} to {}: {} {} there, {} in the rest of it{}\n",
                       side, incident.kind, short_duration_text(incident.from_s * us_per_s),
                       short_duration_text(incident.to_s * us_per_s), comparison.name,
                       figure_text(incident.worst, comparison.unit),
                       figure_text(incident.without, comparison.unit),
                       may_be_own ? "; the load tester itself may be the reason" : "");
}

/// After an empty line; empty, if there are none.
std::string incidents_of(Difference const& difference) {
    std::string text;
    for (Comparison const& comparison : difference.comparisons) {
        if (comparison.incident_before) {
            text += incident_text("old", *comparison.incident_before, comparison, false);
        }
        if (comparison.incident_after) {
            text += incident_text("new", *comparison.incident_after, comparison,
                                  comparison.may_be_own());
        }
    }
    if (text.empty()) {
        return text;
    }
    return fmt::format(
        "\n{}It may be chance: to know, test several times, and compare OLD... --new NEW...\n",
        text);
}

}  // namespace

std::string to_text(Difference const& difference) {
    std::string text = sentence_for(difference) + "\n";
    for (std::string const& warning : difference.warnings) {
        text += fmt::format("Warning: {}\n", warning);
    }
    return text + '\n' + table_of(difference) + incidents_of(difference);
}

}  // namespace roger
