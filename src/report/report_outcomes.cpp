// What became of the messages.
#include "report/report_outcomes.hpp"

#include "report/html_text.hpp"
#include "report/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace roger {

namespace {

auto all_fates() {
    return std::views::iota(std::size_t{0}, fate_count) |
           std::views::transform([](std::size_t number) { return static_cast<Fate>(number); });
}

/// As in page_style: "wrong-answer".
std::string class_of(Fate fate) {
    std::string name(name_of(fate));
    std::ranges::replace(name, ' ', '-');
    return name;
}

std::string share_of(std::uint64_t messages, Fates const& fates) {
    return share_text(static_cast<double>(messages) / static_cast<double>(fates.sum()));
}

/// In percent of the bar. What there is at all can be seen, and the largest makes room for it.
std::array<double, fate_count> bar_widths(Fates const& fates) {
    constexpr double visible = 0.8;
    std::array<double, fate_count> widths = {};
    double sum = 0;
    for (Fate const fate : all_fates()) {
        double& width = widths[static_cast<std::size_t>(fate)];
        double const exact =
            100 * static_cast<double>(fates[fate]) / static_cast<double>(fates.sum());
        width = fates[fate] == 0 ? 0 : std::max(exact, visible);
        sum += width;
    }
    *std::ranges::max_element(widths) -= sum - 100;
    return widths;
}

void append_bar(std::string& out, Fates const& fates) {
    constexpr double gap = 0.2;
    std::array<double, fate_count> const widths = bar_widths(fates);
    append_html(out,
                "<svg class=\"shares\" role=\"img\" aria-labelledby=\"shares-title\">\n"
                "<title id=\"shares-title\">{} of {} acked</title>\n",
                count_text(fates[Fate::acked]), count_text(fates.sum(), "message"));
    double at = 0;
    for (Fate const fate : all_fates()) {
        double const width = widths[static_cast<std::size_t>(fate)];
        if (width > 0) {
            append_html(out,
                        "<rect class=\"{}\" x=\"{:.2f}%\" width=\"{:.2f}%\" height=\"100%\" "
                        "rx=\"3\"><title>{}: {}, {}</title></rect>\n",
                        class_of(fate), at, width - gap, name_of(fate), count_text(fates[fate]),
                        share_of(fates[fate], fates));
            at += width;
        }
    }
    out += "</svg>\n";
}

using Reason = std::pair<std::string, std::uint64_t>;

/// The most frequent first; equally frequent ones by their text.
std::vector<Reason> reasons_of(Fate fate, Reasons const& reasons) {
    std::vector<Reason> all;
    for (auto const& [key, messages] : reasons.counts()) {
        if (key.first == fate) {
            all.emplace_back(key.second, messages);
        }
    }
    std::ranges::sort(all, [](Reason const& one, Reason const& other) {
        return std::tie(other.second, one.first) < std::tie(one.second, other.first);
    });
    return all;
}

void append_rows(std::string& out, Fate fate, Report const& report) {
    std::uint64_t const messages = report.fates[fate];
    append_html(out,
                "<tr{}><th><span class=\"swatch {}\"></span>{}</th><td>{}</td><td>{}</td></tr>\n",
                messages == 0 ? " class=\"none\"" : "", class_of(fate), name_of(fate),
                count_text(messages), share_of(messages, report.fates));
    for (auto const& [text, count] : reasons_of(fate, report.reasons)) {
        append_html(out, "<tr class=\"reason\"><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                    html_text(text), count_text(count), share_of(count, report.fates));
    }
}

/// What is no message's fate, but tells something about the server.
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
    if (report.planned != report.fates.sum()) {
        append_html(out, " {} planned, but the outcomes add up to another sum: a fault of load.",
                    count_text(report.planned, "message"));
    }
    return out + "</p>\n";
}

}  // namespace

std::string outcomes_html(Report const& report) {
    std::string out = "<section>\n<h2>Outcomes</h2>\n";
    if (report.fates.sum() == 0) {
        return out + "<p class=\"about\">No message was planned.</p>\n" + asides(report) +
               "</section>\n";
    }
    append_bar(out, report.fates);
    out +=
        "<table>\n<thead><tr><th>outcome</th><th>messages</th><th>share</th></tr></thead>\n"
        "<tbody>\n";
    for (Fate const fate : all_fates()) {
        append_rows(out, fate, report);
    }
    append_html(out,
                "</tbody>\n<tfoot><tr><th>planned</th><td>{}</td><td>{}</td></tr></tfoot>\n"
                "</table>\n{}</section>\n",
                count_text(report.fates.sum()), share_of(report.fates.sum(), report.fates),
                asides(report));
    return out;
}

}  // namespace roger
