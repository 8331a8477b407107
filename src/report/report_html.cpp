// A report as a page.
#include "report/report_html.hpp"

#include "program/units.hpp"
#include "report/chart.hpp"
#include "report/html_text.hpp"
#include "report/page_figures.hpp"
#include "report/page_style.hpp"
#include "report/report_charts.hpp"
#include "report/report_head.hpp"
#include "report/report_outcomes.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

namespace {

std::string_view class_of(LoadVerdict verdict) {
    return verdict == LoadVerdict::held   ? "held"
           : verdict == LoadVerdict::none ? "unsure"
                                          : "missed";
}

std::string_view word_for(LoadVerdict verdict) {
    return verdict == LoadVerdict::held   ? "✓ held"
           : verdict == LoadVerdict::none ? "! unsure"
                                          : "✕ did not hold";
}

std::string assertions_html(std::vector<Assertion> const& assertions) {
    if (assertions.empty()) {
        return "";
    }
    std::string out =
        "<section>\n<h2>Assertions</h2>\n<table>\n<thead><tr><th>asserted</th><th>measured</th>"
        "<th></th></tr></thead>\n<tbody>\n";
    for (Assertion const& assertion : assertions) {
        append_html(out,
                    "<tr><td class=\"words\"><code>{}</code></td><td>{}</td>"
                    "<td class=\"{}\">{}</td></tr>\n",
                    html_text(assertion.text), html_text(assertion.measured),
                    class_of(assertion.verdict), word_for(assertion.verdict));
    }
    return out + "</tbody>\n</table>\n</section>\n";
}

constexpr std::array<double, 5> shown_percents = {50, 90, 99, 99.9, 99.99};

/// A column for each clock, since there are fewer of them than figures: so it fits a phone.
std::string latency_table(Latencies const& latencies) {
    std::string out =
        "<div class=\"scroll\" tabindex=\"0\">\n<table class=\"latency\">\n<thead><tr><th></th>"
        "<th>response</th><th>service</th><th>lateness</th><th>connect</th></tr></thead>\n"
        "<tbody>\n";
    auto const row = [&](std::string_view name, auto const& figure) {
        append_html(out, "<tr><th>{}</th>", name);
        for (Histogram const* const durations :
             {&latencies.response, &latencies.service, &latencies.lateness, &latencies.connect}) {
            append_html(out, "<td>{}</td>", figure(*durations));
        }
        out += "</tr>\n";
    };
    row("mean", mean_text);
    for (double const percent : shown_percents) {
        row(fmt::format("p{}", percent),
            [percent](Histogram const& durations) { return percentile_text(durations, percent); });
    }
    row("max", [](Histogram const& durations) { return percentile_text(durations, 100); });
    row("count", [](Histogram const& durations) {
        return count_text(static_cast<std::uint64_t>(durations.count()));
    });
    return out + "</tbody>\n</table>\n</div>\n";
}

std::string latency_html(Latencies const& latencies) {
    std::string out = "<section>\n<h2>Latency</h2>\n";
    for (Chart const& chart : percentile_charts(latencies)) {
        out += to_html(chart);
    }
    out += latency_table(latencies);
    out +=
        "<p class=\"hint\">Response is the time from when a message was planned to its ack, "
        "lateness from when it was planned to when it was sent, and service from then to its "
        "ack. Connect is the time that a connection took.</p>\n</section>\n";
    return out;
}

std::string course_html(Report const& report) {
    std::string out = "<section>\n<h2>Over time</h2>\n";
    TimeCharts const over_time = time_charts(report);
    for (Chart const& chart : over_time.charts) {
        out += to_html(chart);
    }
    if (report.intervals.empty()) {
        out += "<p class=\"about\">There are no intervals to show.</p>\n";
    }
    if (!over_time.note.empty()) {
        append_html(out, "<p class=\"hint\">{}</p>\n", html_text(over_time.note));
    }
    return out + "</section>\n";
}

std::string audit_html(AuditResult const& audit) {
    std::string out = fmt::format(
        "<section>\n<h2>Audit</h2>\n<p class=\"{}\">{}</p>\n"
        "<p class=\"about\">The server's output in <code>{}</code>, against its acks.</p>\n"
        "<table class=\"narrow\">\n<tbody>\n",
        audit.faults() ? "missed" : "held",
        audit.faults()    ? "✕ Something is wrong"
        : audit.datagrams ? "✓ All that was acked was written"
                          : "✓ All that was acked was written, once",
        html_text(audit.file));
    auto const row = [&](std::string_view name, std::uint64_t count, bool fault) {
        append_html(out, "<tr{}><th>{}</th><td>{}</td></tr>\n",
                    count == 0 ? " class=\"none\""
                    : fault    ? " class=\"missed\""
                               : "",
                    name, count_text(count));
    };
    row("acked", audit.acked, false);
    row("written", audit.written, false);
    row("acked, but not written", audit.acked_not_written, true);
    row("written twice", audit.written_twice, !audit.datagrams);
    row("out of order", audit.out_of_order, !audit.datagrams);
    row("damaged", audit.damaged, true);
    row("written, but not acked (no fault)", audit.written_not_acked, false);
    if (audit.datagrams) {
        row("lost on the way there (no fault)", audit.lost, false);
    }
    out += "</tbody>\n</table>\n";
    if (!audit.examples.empty()) {
        out += "<ul class=\"examples\">\n";
        for (std::string const& example : audit.examples) {
            append_html(out, "<li>{}</li>\n", html_text(example));
        }
        out += "</ul>\n";
    }
    return out + "</section>\n";
}

std::string generator_html(Report const& report) {
    Generator const& generator = report.generator;
    bool const none_acked = report.outcomes[Outcome::acked] == 0;
    std::string out =
        "<section>\n<h2>The load tester itself</h2>\n<table class=\"narrow\">\n<tbody>\n";
    append_html(out,
                "<tr><th>threads</th><td>{}</td></tr>\n"
                "<tr><th>CPU time</th><td>{}</td></tr>\n"
                "<tr><th>busiest thread, of one processor</th><td>{:.0f}%</td></tr>\n"
                "<tr><th>delay that it added itself, p99</th><td>{}</td></tr>\n"
                "<tr><th>its longest stall</th><td>{}</td></tr>\n",
                generator.threads, duration_text(generator.cpu_s * 1e6), 100 * generator.busy_share,
                none_acked ? std::string(no_figure)
                           : duration_text(static_cast<double>(generator.own_delay_p99_us)),
                duration_text(static_cast<double>(generator.longest_stall_us)));
    for (Host const& host : report.hosts) {
        append_html(out, "<tr><th>host</th><td class=\"prose\">{}</td></tr>\n",
                    html_text(to_text(host)));
    }
    return out + "</tbody>\n</table>\n</section>\n";
}

std::string misbehaving_html(std::map<std::string, std::size_t> const& misbehaving) {
    if (misbehaving.empty()) {
        return "";
    }
    std::string out =
        "<section>\n<h2>Misbehaving clients</h2>\n<p class=\"about\">They ran beside the healthy "
        "ones, of which all figures are.</p>\n<table class=\"narrow\">\n<tbody>\n";
    for (auto const& [kind, clients] : misbehaving) {
        append_html(out, "<tr><th>{}</th><td>{}</td></tr>\n", html_text(kind), count_text(clients));
    }
    return out + "</tbody>\n</table>\n</section>\n";
}

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string settings_html(Settings const& settings) {
    if (settings.empty()) {
        return "";
    }
    std::string out = "<section>\n<h2>Settings</h2>\n<table class=\"settings\">\n<tbody>\n";
    for (auto const& [option, value] : settings) {
        append_html(out,
                    "<tr><th><code>{}</code></th><td class=\"words\"><code>{}</code></td></tr>\n",
                    html_text(option), html_text(value));
    }
    return out + "</tbody>\n</table>\n</section>\n";
}

/// The policy forbids whatever the page does not do, should anything ever slip into it.
constexpr std::string_view head_format =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<link rel=\"icon\" href=\"data:,\"/>\n"
    "<title>{}</title>\n<style>{}</style>\n</head>\n";

}  // namespace

std::string to_html(Report const& report) {
    std::string const title =
        report.title.empty() ? "Load test of " + report.address : report.title;
    std::string out = fmt::format(head_format, html_text(title), page_style);
    out += "<body>\n<main>\n";
    out += head_html(report);
    out += assertions_html(report.assertions);
    out += latency_html(report.latencies);
    out += course_html(report);
    out += outcomes_html(report);
    if (report.audit) {
        out += audit_html(*report.audit);
    }
    out += misbehaving_html(report.misbehaving);
    out += generator_html(report);
    out += settings_html(report.settings);
    append_html(out,
                "<footer>Made by load, of Roger {} ({})</footer>\n"
                "</main>\n</body>\n</html>\n",
                html_text(report.version), html_text(report.build));
    return out;
}

}  // namespace roger
