// A report as a page: what it shows, whatever the report holds.
#include "report/report_html.hpp"

#include "report/markup.hpp"
#include "report/report_charts.hpp"
#include "report/sample_report.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

namespace {

using Catch::Approx;
using test::Markup;
using test::sample_report;

Report good_report() {
    Report report = sample_report();
    report.interrupted = false;
    report.outcomes = {};
    report.excused = {};
    report.outcomes.count(Outcome::acked, 199'980);
    report.acked_in_time = report.outcomes[Outcome::acked];
    report.reasons = {};
    report.surplus_answers = 0;
    report.generator.bottleneck.clear();
    report.assertions.clear();
    report.audit.reset();
    return report;
}

Report with_intervals(std::size_t count) {
    Report report = good_report();
    report.intervals.clear();
    for (std::size_t i = 0; i != count; ++i) {
        report.intervals.push_back(
            {.begin_s = static_cast<double>(i),
             .length_s = 1,
             .acked = 100,
             .failed = i % 7,
             .clients = 998,
             .response = {{.value_us = 250, .count = 90}, {.value_us = 9000, .count = 10}}});
    }
    return report;
}

/// Every message failed: there is no time to show.
Report without_acks() {
    Report report = with_intervals(10);
    report.latencies = {};
    report.outcomes = {};
    report.outcomes.count(Outcome::never_connected, 199'980);
    for (Interval& interval : report.intervals) {
        interval.acked = 0;
        interval.response.clear();
    }
    return report;
}

Report huge_report() {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / 2;
    Report report = with_intervals(3);
    report.outcomes = {};
    report.outcomes.count(Outcome::acked, most);
    report.acked_in_time = report.outcomes[Outcome::acked];
    report.planned = most;
    report.asked.rate = 1e300;
    report.duration_s = 1e-300;
    report.latencies.response.add({.value_us = 3'600'000'000, .count = 1'000'000'000});
    report.intervals[1].acked = most;
    report.intervals[2].length_s = 0;
    report.intervals[2].begin_s = 1e12;
    return report;
}

/// Charts by their titles, in order.
std::vector<std::string> charts(std::string const& page) {
    std::vector<std::string> ids;
    for (test::Element const& picture : Markup(page).of_class("picture")) {
        std::string const labels = picture.attributes.at("aria-labelledby");
        ids.push_back(labels.substr(0, labels.find("-title")));
    }
    return ids;
}

bool has(std::string const& page, std::string_view text) {
    return page.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("The page of any report is well-formed and has figures only", "[load]") {
    Report interrupted = good_report();
    interrupted.interrupted = true;
    Report closed_loop = good_report();
    closed_loop.asked.rate.reset();
    Report one_message = good_report();
    one_message.latencies = {};
    one_message.latencies.response.record(std::chrono::nanoseconds(10));
    for (Report const& report : {sample_report(), good_report(), without_acks(), Report(),
                                 with_intervals(0), with_intervals(1), with_intervals(3600),
                                 huge_report(), interrupted, closed_loop, one_message}) {
        std::string const page = to_html(report);
        Markup const markup(page);
        for (test::Element const& element : markup.elements()) {
            for (auto const& [name, value] : element.attributes) {
                CAPTURE(element.name, name, value);
                bool const number = name == "d" || name == "x" || name == "y" || name == "width";
                CHECK((!number || (!has(value, "n") && !has(value, "i"))));
            }
        }
        for (std::string_view const no_figure : {"nan", "inf/", "inf%", "infh", "infM"}) {
            CAPTURE(no_figure);
            CHECK(!has(markup.text(), no_figure));
        }
    }
}

TEST_CASE("The page loads nothing and runs nothing", "[load]") {
    std::string const page = to_html(sample_report());
    for (std::string_view const forbidden :
         {"http:", "https:", "<script", "javascript:", "@import", "url(", "<iframe", "src="}) {
        CAPTURE(forbidden);
        CHECK(!has(page, forbidden));
    }
    CHECK(has(page, "default-src 'none'"));
}

TEST_CASE("The page shows words from outside as words", "[load]") {
    constexpr auto evil = "<script>alert(1)</script>\"'&\x1b[2J\xff";
    Report report = sample_report();
    report.version = report.build = report.title = report.started = report.address = evil;
    report.hosts = {{.name = evil, .cpu = evil, .processors = 1, .kernel = evil}};
    report.settings = {{evil, evil}};
    report.generator.bottleneck = evil;
    report.misbehaving = {{evil, 1}};
    report.assertions.front().measured = evil;
    report.audit->file = evil;
    report.audit->examples = {evil};
    report.reasons.count(Outcome::refused, evil);
    std::string const page = to_html(report);
    CHECK_NOTHROW(Markup(page));
    CHECK(!has(page, "<script"));
    CHECK(has(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\x1b[2J\\xff"));
}

TEST_CASE("The page says what the load tester itself did", "[load]") {
    std::string const page = to_html(sample_report());
    CHECK(has(page, "<th>its longest stall</th><td>2.50ms</td>"));
    CHECK(has(page, "<th>delay that it added itself, p99</th><td>1.80ms</td>"));
    CHECK(has(to_html(without_acks()), "<th>delay that it added itself, p99</th><td>–</td>"));
}

TEST_CASE("The page has the figures that matter most", "[load]") {
    std::string const page = to_html(sample_report());
    CHECK(has(page, "tcp:localhost:51717"));
    CHECK(has(page, "2026-11-22 12:25:08 UTC"));
    CHECK(has(page, "<dt>p50</dt><dd>68.7<i>ms</i>"));
    CHECK(has(page, "<dt>max</dt><dd>278<i>ms</i>"));
    CHECK(has(page, "<dt>acked</dt><dd>19,993<i>/s</i> <small>of 20,000/s asked</small>"));
    CHECK(has(page, "<dt>failed</dt><dd>42 <small>of 199,980 messages</small>"));
    CHECK(has(page, "<th>clients</th><td>1,000</td><td>998</td>"));
    CHECK(has(page, "<th>rate</th><td>20,000/s</td><td>19,993/s</td>"));
    CHECK(has(page, "<th>duration</th><td>10s</td><td>10s</td>"));
    CHECK(has(page, "<th>messages</th><td>200,000</td><td>199,980</td>"));
    CHECK(has(page, "<th>p50</th><td>68.7ms</td><td>27.5ms</td><td>7.30ms</td>"));
    CHECK(has(page, "<th>count</th><td>200</td><td>150</td><td>100</td><td>50</td>"));
    CHECK(has(page, "of Roger 0.1.0 (GCC 12.2.0, Asio 1.36.0)"));
    CHECK(has(page, ">bench-1, AMD EPYC 7B13, 2 processors, Linux 6.18.5<"));
}

TEST_CASE("A page is called what the run was called, or else by what it tested", "[load]") {
    Report report = sample_report();
    std::string page = to_html(report);
    CHECK(has(page, "<title>before the &quot;change&quot;</title>"));
    CHECK(has(page, "<h1>before the &quot;change&quot;</h1>"));
    CHECK(has(page, "<p class=\"about\">tcp:localhost:51717 · "));
    report.title.clear();
    page = to_html(report);
    CHECK(has(page, "<title>Load test of tcp:localhost:51717</title>"));
    CHECK(has(page, "<h1>tcp:localhost:51717</h1>"));
}

TEST_CASE("The page has a row for each outcome, its reasons, and the sum", "[load]") {
    std::string const page = to_html(sample_report());
    for (std::string_view const name : outcome_names) {
        CAPTURE(name);
        CHECK(has(page, "</span>" + std::string(name) + "</th>"));
    }
    CHECK(page.find("error: too many clients") < page.find("error: message too long"));
    CHECK(has(page, "<td>\\x1b[2Jgone</td><td>10</td>"));
    CHECK(has(page, "<th>planned</th><td>199,980</td><td>100%</td>"));
    CHECK(!has(page, "add up to another sum"));
    CHECK(has(page, "3 lines more"));

    Report wrong = sample_report();
    ++wrong.planned;
    CHECK(has(to_html(wrong), "add up to another sum"));
}

TEST_CASE("The verdict is in plain sight", "[load]") {
    CHECK(has(to_html(good_report()), "✓ Every message was acked"));
    CHECK(has(to_html(Report()), "! No verdict"));
    CHECK(has(to_html(without_acks()), "✕ Failed"));

    Report report = sample_report();
    std::string page = to_html(report);
    CHECK(has(page, "! The load tester was held up itself"));
    CHECK(has(page, "its busiest thread was 93.0% busy"));
    CHECK(has(page, "! Too few clients"));
    CHECK(has(page, "! Interrupted"));
    CHECK(has(page, "✕ did not hold"));

    CHECK(has(page, "✕ Failed"));
    CHECK(has(page, "<li>p99&lt;5ms does not hold: p99 is 6.1ms</li>"));

    report = good_report();
    report.assertions = {{.text = "p99<5s", .measured = "1s", .verdict = LoadVerdict::held}};
    CHECK(has(to_html(report), "✓ The assertion held"));
    report.assertions.push_back(
        {.text = "failed=0", .measured = "0", .verdict = LoadVerdict::held});
    CHECK(has(to_html(report), "✓ All assertions held"));
    report.assertions[0].verdict = LoadVerdict::none;
    CHECK(has(to_html(report), "! No verdict"));
    CHECK(has(to_html(report), "! unsure"));
    CHECK(has(to_html(report), "<li>no verdict on p99&lt;5s: p99 is 1s, but "));
}

TEST_CASE("The page has a chart of each thing that was measured", "[load]") {
    using Ids = std::vector<std::string>;
    CHECK(charts(to_html(sample_report())) ==
          Ids{"percentiles", "throughput", "failures", "responses"});
    CHECK(charts(to_html(with_intervals(1))) == Ids{"percentiles", "throughput", "responses"});
    CHECK(charts(to_html(with_intervals(0))) == Ids{"percentiles"});
    CHECK(charts(to_html(without_acks())) == Ids{"throughput", "failures"});
    CHECK(charts(to_html(Report())).empty());
}

TEST_CASE("A long run has no more points than a short one needs", "[load]") {
    std::string const page = to_html(with_intervals(3600));
    Markup const markup(page);
    for (test::Element const& element : markup.elements()) {
        if (element.name == "path") {
            CHECK(std::ranges::count(element.attributes.at("d"), 'L') < 300);
        }
    }
    CHECK(markup.of_class("band").size() < 1000);
    CHECK(page.size() < 250'000);
    CHECK(has(page, "in intervals of 20s"));
}

TEST_CASE("A short rest of a run is shown with what was before it, and that is said", "[load]") {
    constexpr auto joined = "The end of the run, too short for an interval of its own,";
    Report report = with_intervals(2);
    CHECK_FALSE(has(to_html(report), joined));
    report.intervals.back().length_s = 0.001;
    CHECK(has(to_html(report), "0µs to 1s\n200 acked"));
    CHECK(has(to_html(report), joined));
    report.intervals.back().length_s = 0.9;
    CHECK(has(to_html(report), "1s to 1.9s\n100 acked"));
    CHECK_FALSE(has(to_html(report), joined));
}

TEST_CASE("A last interval that is shorter has the height of the others", "[load]") {
    for (double const length_s : {0.001, 0.1, 0.49, 0.5, 0.75, 0.99}) {
        CAPTURE(length_s);
        Report report = with_intervals(5);
        Interval& last = report.intervals.back();
        last.length_s = length_s;
        last.acked = static_cast<std::uint64_t>(100 * length_s);
        Chart const throughput = time_charts(report).charts.front();
        for (ChartPoint const& point : throughput.lines.front().points) {
            CHECK(point.y.value() == Approx(100).epsilon(0.02));
        }
    }
}

TEST_CASE("What came after the measured time is in no chart over it, and that is said", "[load]") {
    Report report = with_intervals(2);
    report.outcomes = {};
    report.outcomes.count(Outcome::acked, 200);
    report.outcomes.count(Outcome::refused, 1);
    CHECK_FALSE(has(to_html(report), "After the measured time"));
    report.outcomes.count(Outcome::acked, 7);
    report.outcomes.count(Outcome::unsent, 2000);
    CHECK(has(to_html(report),
              "After the measured time came 7 acks and 2,000 failures, which are "
              "in no interval."));
}

TEST_CASE("Where nothing was acked, throughput is zero and response times are shaded", "[load]") {
    Report report = with_intervals(8);
    for (std::size_t const stalled : {2U, 3U, 7U}) {
        report.intervals[stalled].acked = 0;
        report.intervals[stalled].response.clear();
    }
    std::vector<Chart> const charts = time_charts(report).charts;
    CHECK(charts.front().gaps.spans.empty());
    std::vector<ChartPoint> const& rates = charts.front().lines.front().points;
    auto const zero = [](ChartPoint const& point) { return point.y == 0; };
    // The run ends within a stall, so its end is at zero as well.
    CHECK(std::ranges::count_if(rates, zero) == 4);

    Chart const& responses = charts.back();
    REQUIRE(responses.gaps.spans.size() == 2);
    CHECK(responses.gaps.spans[0].begin == 2);
    CHECK(responses.gaps.spans[0].end == 4);
    CHECK(responses.gaps.spans[1].begin == 7);
    CHECK(responses.gaps.spans[1].end == 8);
    for (Line const& line : responses.lines) {
        for (double const edge : {0.0, 2.0, 4.0, 7.0}) {
            CAPTURE(line.name, edge);
            CHECK(std::ranges::count_if(line.points, [&](ChartPoint const& point) {
                      return point.x == edge && point.y.has_value();
                  }) == 1);
        }
    }
    std::string const page = to_html(report);
    CHECK(has(page, "<i class=\"gap\"></i>nothing acked"));
    CHECK(has(page, "Nothing was acked from 2s to 4s. Nothing was acked from 7s to 8s."));
    CHECK_FALSE(has(to_html(with_intervals(8)), "nothing acked"));
}

}  // namespace roger
