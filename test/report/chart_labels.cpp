// Labels of charts: no two alike, none over another, none cut, whatever was measured and however
// wide the page is.
#include "report/chart.hpp"
#include "report/report_charts.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

namespace {

struct Label {
    std::string kind;  ///< its class
    std::string text;
    double left;
    double right;
    double baseline;
};

/// A plot and what is around it, in CSS pixels.
struct Screen {
    double plot;
    double margin;  ///< to the right of the plot, up to the edge
    bool minor;     ///< there are minor labels
};

/// As wide as letters are in the widest labels, at 12 px: "100ms".
constexpr double letter_width_px = 7.3;
constexpr double ascent_px = 10;

/// A phone's of 360 px; the widest and the narrowest without and with minor labels; a desktop's.
constexpr Screen screens[] = {
    {.plot = 262, .margin = 16, .minor = false},
    {.plot = 590, .margin = 24, .minor = false},
    {.plot = 591, .margin = 24, .minor = true},
    {.plot = 846, .margin = 24, .minor = true},
};

/// Throws where a label is written in another way: unlike REQUIRE, that costs nothing else.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
    text = text.substr(text.find(before)).substr(before.size());
    return text.substr(0, text.find(after));
}

double to_number(std::string_view text) {
    return std::stod(std::string(text));
}

double width_of(std::string_view text) {
    auto const starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; };
    return letter_width_px * static_cast<double>(std::ranges::count_if(text, starts));
}

/// As page_style places it: "12.50%" is of the plot's width, "-8" is in pixels.
Label label_of(std::string_view element, Screen const& screen) {
    std::string_view const x = between(element, " x=\"", "\"");
    double const at =
        x.ends_with('%') ? to_number(x.substr(0, x.size() - 1)) / 100 * screen.plot : to_number(x);
    Label label{.kind = std::string(between(element, "class=\"", "\"")),
                .text = std::string(between(element, ">", "<")),
                .left = at,
                .right = at,
                .baseline = to_number(between(element, " y=\"", "\""))};
    bool const ends_there =
        !label.kind.starts_with('x') || label.kind.find("last") != label.kind.npos;
    bool const shifted = element.find(" dx=\"") != element.npos;
    label.right += shifted ? to_number(between(element, " dx=\"", "\"")) : 0;
    label.right += ends_there ? 0 : width_of(label.text) / 2;
    label.left = label.right - width_of(label.text);
    return label;
}

std::vector<Label> labels_of(Chart const& chart, Screen const& screen) {
    std::vector<Label> labels;
    std::string const html = to_html(chart);
    for (std::size_t at = html.find("<text "); at != html.npos; at = html.find("<text ", at + 1)) {
        std::string_view const element =
            std::string_view(html).substr(at, html.find("</text>", at) + 1 - at);
        Label label = label_of(element, screen);
        if (screen.minor || label.kind.find("minor") == label.kind.npos) {
            labels.push_back(std::move(label));
        }
    }
    return labels;
}

bool overlap(Label const& one, Label const& other) {
    return one.left < other.right && other.left < one.right &&
           std::abs(one.baseline - other.baseline) < ascent_px;
}

/// What is wrong with the labels of a chart; empty: nothing.
std::string fault_of(Chart const& chart, Screen const& screen) {
    std::vector<Label> const labels = labels_of(chart, screen);
    std::set<std::pair<char, std::string>> texts;
    for (auto label = labels.begin(); label != labels.end(); ++label) {
        if (!texts.emplace(label->kind.front(), label->text).second) {
            return "twice " + label->text;
        }
        if (label->right > screen.plot + screen.margin) {
            return "cut " + label->text;
        }
        auto const under = std::find_if(labels.begin(), label,
                                        [&](Label const& other) { return overlap(*label, other); });
        if (under != label) {
            return label->text + " over " + under->text;
        }
    }
    return "";
}

void check(std::vector<Chart> const& charts) {
    for (Chart const& chart : charts) {
        for (Screen const& screen : screens) {
            CAPTURE(chart.id, screen.plot);
            CHECK(fault_of(chart, screen) == "");
        }
    }
}

/// A run of so many seconds that acked so many messages a second, and failed as many.
Report steady_run(double seconds, double rate) {
    Report report;
    report.duration_s = seconds;
    constexpr int count = 5;
    double const length_s = seconds / count;
    auto const messages = static_cast<std::uint64_t>(std::llround(rate * length_s));
    for (int i = 0; i != count; ++i) {
        report.intervals.push_back(
            {.begin_s = i * length_s,
             .length_s = length_s,
             .acked = messages,
             .failed = messages,
             .clients = 1,
             .response = {{.value_us = 100, .count = static_cast<std::int64_t>(messages) + 1}}});
    }
    return report;
}

}  // namespace

TEST_CASE("Labels over time are distinct, apart and whole, whatever the duration",
          "[load][sweep]") {
    for (double seconds = 1e-6; seconds < 1e8; seconds *= 1.03) {
        CAPTURE(seconds);
        check(time_charts(steady_run(seconds, 100 / seconds)).charts);
    }
}

TEST_CASE("Labels over time are distinct, apart and whole, if the duration is a round one",
          "[load][sweep]") {
    for (double const unit_s : {1e-6, 1e-3, 1.0, 60.0, 3600.0, 86'400.0}) {
        for (int units = 1; units <= 300; ++units) {
            CAPTURE(unit_s, units);
            check(time_charts(steady_run(units * unit_s, 100 / unit_s)).charts);
        }
    }
}

TEST_CASE("Labels of rates are distinct, apart and whole, whatever the rate", "[load][sweep]") {
    for (double rate = 1e-4; rate < 1e12; rate *= 1.2) {
        for (double const asked : {0.0, 0.01, 0.5, 1.0, 1.03, 30.0}) {
            CAPTURE(rate, asked);
            Report report = steady_run(10, rate);
            if (asked > 0) {
                report.asked.rate = rate * asked;
            }
            check(time_charts(report).charts);
        }
    }
}

TEST_CASE("Labels of durations are distinct, apart and whole, whatever was measured",
          "[load][sweep]") {
    constexpr double longest_us = 3600e6;
    for (double shortest = 0; shortest < longest_us; shortest = shortest * 2.3 + 1) {
        for (double spread = 1; shortest * spread <= longest_us && spread < 1e11; spread *= 1.9) {
            CAPTURE(shortest, spread);
            Latencies latencies;
            latencies.response.add({static_cast<std::int64_t>(shortest), 1});
            latencies.response.add({static_cast<std::int64_t>(shortest * spread), 1});
            check(percentile_charts(latencies));
        }
    }
}

TEST_CASE("Labels of percentiles are distinct, apart and whole, however many messages",
          "[load][sweep]") {
    for (double count = 1; count < 1e15; count *= 1.1) {
        CAPTURE(count);
        Latencies latencies;
        latencies.response.add({100, static_cast<std::int64_t>(count)});
        check(percentile_charts(latencies));
    }
}

}  // namespace roger
