// What became of the messages.
#include "report/report_outcomes.hpp"

#include "program/units.hpp"
#include "report/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string>

namespace roger {

namespace {

auto all_outcomes() {
    return std::views::iota(std::size_t{0}, outcome_count) |
           std::views::transform([](std::size_t number) { return static_cast<Outcome>(number); });
}

/// As in page_style: "wrong-answer".
std::string class_of(Outcome outcome) {
    std::string name(name_of(outcome));
    std::ranges::replace(name, ' ', '-');
    return name;
}

std::string share_of(std::uint64_t messages, Outcomes const& outcomes) {
    return share_text(static_cast<double>(messages) / static_cast<double>(outcomes.sum()));
}

/// In percent of the bar. An outcome that occurred at all stays visible, at the expense of the
/// largest.
std::array<double, outcome_count> bar_widths(Outcomes const& outcomes) {
    constexpr double visible = 0.8;
    std::array<double, outcome_count> widths = {};
    double sum = 0;
    for (Outcome const outcome : all_outcomes()) {
        double& width = widths[static_cast<std::size_t>(outcome)];
        double const exact =
            100 * static_cast<double>(outcomes[outcome]) / static_cast<double>(outcomes.sum());
        width = outcomes[outcome] == 0 ? 0 : std::max(exact, visible);
        sum += width;
    }
    *std::ranges::max_element(widths) -= sum - 100;
    return widths;
}

void append_bar(std::string& out, Outcomes const& outcomes) {
    constexpr double gap = 0.2;
    std::array<double, outcome_count> const widths = bar_widths(outcomes);
    append_html(out,
                "<svg class=\"shares\" role=\"img\" aria-labelledby=\"shares-title\">\n"
                "<title id=\"shares-title\">{} of {} acked</title>\n",
                count_text(outcomes[Outcome::acked]), count_text(outcomes.sum(), "message"));
    double at = 0;
    for (Outcome const outcome : all_outcomes()) {
        double const width = widths[static_cast<std::size_t>(outcome)];
        if (width > 0) {
            append_html(out,
                        "<rect class=\"{}\" x=\"{:.2f}%\" width=\"{:.2f}%\" height=\"100%\" "
                        "rx=\"3\"><title>{}: {}, {}</title></rect>\n",
                        class_of(outcome), at, width - gap, name_of(outcome),
                        count_text(outcomes[outcome]), share_of(outcomes[outcome], outcomes));
            at += width;
        }
    }
    out += "</svg>\n";
}

void append_rows(std::string& out, Outcome outcome, Report const& report) {
    std::uint64_t const messages = report.outcomes[outcome];
    append_html(out,
                "<tr{}><th><span class=\"swatch {}\"></span>{}</th><td>{}</td><td>{}</td></tr>\n",
                messages == 0 ? " class=\"none\"" : "", class_of(outcome), name_of(outcome),
                count_text(messages), share_of(messages, report.outcomes));
    for (auto const& [of, text, count] : report.reasons.by_frequency()) {
        if (of != outcome) {
            continue;
        }
        append_html(out, "<tr class=\"reason\"><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                    html_text(text), count_text(count), share_of(count, report.outcomes));
    }
}

/// What concerns the server, but is no message's outcome.
std::string asides(Report const& report) {
    std::string out = "<p class=\"hint\">";
    if (report.datagrams) {
        DatagramCounts const& of = *report.datagrams;
        append_html(out,
                    "{} came after the timeout, and {} overtaken. Each address was listened to "
                    "for {} after its message's answer or timeout.",
                    count_text(of.late_answers, "answer"), count_text(of.overtaken, "message"),
                    duration_text(of.listened_s * 1e6));
    } else {
        append_html(out, "{} made.", count_text(report.connections, "connection"));
    }
    if (report.idle_losses != 0) {
        append_html(out, " {} ended with no message in flight.", count_text(report.idle_losses));
    }
    if (report.surplus_answers != 0) {
        append_html(out, " The server sent {} more than there were messages.",
                    count_text(report.surplus_answers, "line"));
    }
    if (report.planned != report.outcomes.sum()) {
        append_html(out, " {} planned, but the outcomes add up to another sum: a fault of load.",
                    count_text(report.planned, "message"));
    }
    return out + "</p>\n";
}

}  // namespace

std::string outcomes_html(Report const& report) {
    std::string out = "<section>\n<h2>Outcomes</h2>\n";
    if (report.outcomes.sum() == 0) {
        return out + "<p class=\"about\">No message was planned.</p>\n" + asides(report) +
               "</section>\n";
    }
    append_bar(out, report.outcomes);
    out +=
        "<table>\n<thead><tr><th>outcome</th><th>messages</th><th>share</th></tr></thead>\n"
        "<tbody>\n";
    for (Outcome const outcome : all_outcomes()) {
        append_rows(out, outcome, report);
    }
    append_html(out,
                "</tbody>\n<tfoot><tr><th>planned</th><td>{}</td><td>{}</td></tr></tfoot>\n"
                "</table>\n{}</section>\n",
                count_text(report.outcomes.sum()), share_of(report.outcomes.sum(), report.outcomes),
                asides(report));
    return out;
}

}  // namespace roger
