// The top of a report's page.
#include "report/report_head.hpp"

#include "program/units.hpp"
#include "report/html_text.hpp"
#include "report/page_figures.hpp"
#include "report/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace roger {

namespace {

std::string seconds_text(double seconds) {
    return short_duration_text(seconds * 1e6);
}

std::string notice(std::string_view kind, std::string_view title, std::string_view html) {
    return fmt::format("<div class=\"verdict {}\"><strong>{}</strong>{}</div>\n", kind, title,
                       html);
}

std::string error_list(Report const& report) {
    std::string items;
    for (std::string const& error : errors_in(report)) {
        append_html(items, "<li>{}</li>", html_text(error));
    }
    return fmt::format("<ul>{}</ul>", items);
}

std::string held(Report const& report) {
    std::size_t const assertions = report.assertions.size();
    return notice("good",
                  assertions == 0   ? "✓ Every message was acked"
                  : assertions == 1 ? "✓ The assertion held"
                                    : "✓ All assertions held",
                  "");
}

std::string verdict_html(Report const& report) {
    switch (verdict_of(report)) {
        case LoadVerdict::none:
            return notice("warn", "! No verdict", error_list(report));
        case LoadVerdict::not_held:
            return notice("bad", "✕ Failed", error_list(report));
        case LoadVerdict::held:
            break;
    }
    return held(report);
}

/// What made figures worse, whether or not it mattered.
std::string warnings(Report const& report) {
    std::string out;
    if (!report.generator.bottleneck.empty()) {
        out += notice("warn", "! The load tester was held up itself",
                      fmt::format("<p>Times may be shorter than shown: {}.</p>",
                                  html_text(report.generator.bottleneck)));
    }
    if (!report.generator.too_few_clients.empty()) {
        out += notice("warn", "! Too few clients",
                      fmt::format("<p>{}.</p>", html_text(report.generator.too_few_clients)));
    }
    return out;
}

std::string interruption(Report const& report) {
    if (!report.interrupted) {
        return "";
    }
    return notice("warn", "! Interrupted",
                  fmt::format("<p>The figures are of the {} until then.</p>",
                              seconds_text(report.duration_s)));
}

/// "1.24ms" with its unit smaller than its digits.
std::string with_small_unit(std::string_view text) {
    std::size_t const digits = std::min(text.find_first_not_of("0123456789.,–"), text.size());
    std::string_view const unit = text.substr(digits);
    return unit.empty() ? std::string(text)
                        : fmt::format("{}<i>{}</i>", text.substr(0, digits), unit);
}

void append_figure(std::string& out, std::string_view name, std::string_view value,
                   std::string_view note, std::string_view kind = "") {
    append_html(out, "<div class=\"{}\"><dt>{}</dt><dd>{} <small>{}</small></dd></div>\n", kind,
                name, with_small_unit(value), note);
}

std::string key_figures(Report const& report) {
    Histogram const& response = report.latencies.response;
    std::uint64_t const failed = report.outcomes.failed();
    std::string out = "<dl class=\"figures\">\n";
    append_figure(out, "p50", percentile_text(response, 50), "response time");
    append_figure(out, "p99", percentile_text(response, 99), "response time");
    append_figure(out, "max", percentile_text(response, 100), "response time");
    append_figure(out, "acked", rate_text(report.rate()),
                  report.asked.rate ? fmt::format("of {} asked", rate_text(*report.asked.rate))
                                    : "closed loop");
    append_figure(out, "failed", count_text(failed),
                  fmt::format("of {}", count_text(report.planned, "message")),
                  failed == 0 ? "" : "failed");
    return out + "</dl>\n";
}

std::string asked_and_got(Report const& report) {
    Asked const& asked = report.asked;
    std::string const none(no_figure);
    std::string out =
        "<table class=\"asked narrow\">\n<thead><tr><th></th><th>asked</th><th>got</th></tr>"
        "</thead>\n<tbody>\n";
    auto const row = [&](std::string_view name, std::string const& wanted, std::string const& got) {
        append_html(out, "<tr><th>{}</th><td>{}</td><td>{}</td></tr>\n", name, wanted, got);
    };
    row("clients", count_text(asked.clients), count_text(report.clients));
    row("rate", asked.rate ? rate_text(*asked.rate) : "any", rate_text(report.rate()));
    row("duration", asked.duration_s ? seconds_text(*asked.duration_s) : none,
        seconds_text(report.duration_s));
    row("messages", asked.messages ? count_text(*asked.messages) : none,
        count_text(report.planned));
    return out + "</tbody>\n</table>\n";
}

/// 2026-11-22 12:25:08 UTC; any other text verbatim.
std::string time_text(std::string_view rfc3339) {
    constexpr std::size_t date = 10;
    constexpr std::size_t to_seconds = 19;
    if (rfc3339.size() <= to_seconds || rfc3339[date] != 'T' || rfc3339.back() != 'Z') {
        return html_text(rfc3339);
    }
    return html_text(fmt::format("{} {} UTC", rfc3339.substr(0, date),
                                 rfc3339.substr(date + 1, to_seconds - date - 1)));
}

std::string headline(Report const& report) {
    bool const titled = !report.title.empty();
    std::string out =
        fmt::format("<p class=\"kind\">Load test</p>\n<h1>{}</h1>\n<p class=\"about\">",
                    html_text(titled ? report.title : report.address));
    if (titled) {
        append_html(out, "{} · ", html_text(report.address));
    }
    if (!report.started.empty()) {
        append_html(out, "{} · ", time_text(report.started));
    }
    append_html(out, "{} · {} · {}</p>\n", count_text(report.clients, "client"),
                report.asked.rate ? fmt::format("open loop at {}", rate_text(*report.asked.rate))
                                  : "closed loop",
                seconds_text(report.duration_s));
    return out;
}

}  // namespace

std::string head_html(Report const& report) {
    return fmt::format("<header>\n{}{}{}{}</header>\n{}{}", headline(report), verdict_html(report),
                       warnings(report), interruption(report), key_figures(report),
                       asked_and_got(report));
}

}  // namespace roger
