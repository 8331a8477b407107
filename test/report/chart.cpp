// Charts as SVG: where lines go, and what is said about them.
#include "report/chart.hpp"

#include "report/html_text.hpp"
#include "report/markup.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <string>
#include <vector>

namespace roger {

namespace {

using test::Markup;

/// 100 pixels high, and both axes from 0 to 10.
Chart sample_chart(std::vector<ChartPoint> points) {
    return {
        .id = "sample",
        .title = "Sample",
        .description = "It shows nothing much.",
        .x = {.high = 10, .ticks = {{.at = 5, .label = "five"}}},
        .y = {.high = 10, .ticks = {{.at = 10, .label = "ten"}}},
        .lines = {{.name = "line", .points = std::move(points)}},
        .height = 100,
    };
}

/// Of the first path of that class; nothing if there is none.
std::optional<std::string> path(Chart const& chart, std::string_view names) {
    Markup const markup(to_html(chart));
    std::vector<test::Element> const found = markup.of_class(names);
    return found.empty() ? std::nullopt : std::optional(found.front().attributes.at("d"));
}

}  // namespace

TEST_CASE("A line goes through its points", "[load]") {
    Chart const chart = sample_chart({{0, 0}, {5, 10}, {10, 2.5}});
    CHECK(path(chart, "line first") == "M0.0 100.0L500.0 0.0L1000.0 75.0");
    CHECK(path(chart, "area first") == std::nullopt);
    CHECK(path(chart, "dots first") == std::nullopt);
}

TEST_CASE("A filled line has an area down to the axis", "[load]") {
    Chart chart = sample_chart({{0, 5}, {10, 5}});
    chart.lines.front().filled = true;
    CHECK(path(chart, "area first") == "M0.0 100L0.0 50.0L1000.0 50.0V100Z");
}

TEST_CASE("Where there is no value, a line is broken", "[load]") {
    Chart const chart = sample_chart({{1, std::nullopt}, {2, 5}, {4, 5}, {5, {}}, {8, 5}, {9, {}}});
    CHECK(path(chart, "line first") == "M200.0 50.0L400.0 50.0M800.0 50.0");
    CHECK(path(chart, "dots first") == "M800.0 50.0h0");
}

TEST_CASE("A line without any value is no line", "[load]") {
    CHECK(path(sample_chart({}), "line first") == std::nullopt);
    CHECK(path(sample_chart({{1, std::nullopt}}), "line first") == std::nullopt);
}

TEST_CASE("Points have the dots that they are to have", "[load]") {
    Chart const chart = sample_chart({{.x = 0, .y = 5}, {.x = 10, .y = 5, .dot = true}});
    CHECK(path(chart, "dots first") == "M1000.0 50.0h0");
}

TEST_CASE("Gaps are shaded over their whole height, and the legend says what they are", "[load]") {
    Chart chart = sample_chart({{0, 0}});
    CHECK(path(chart, "gaps") == std::nullopt);
    chart.gaps = {.name = "no answer", .spans = {{.begin = 1, .end = 2}, {.begin = 9, .end = 10}}};
    CHECK(path(chart, "gaps") == "M100.0 0H200.0V100H100.0ZM900.0 0H1000.0V100H900.0Z");
    Markup const markup(to_html(chart));
    CHECK(markup.of_class("legend").size() == 1);
    CHECK(markup.text().find("no answer") != std::string::npos);
}

TEST_CASE("A chart tells those who cannot see it what it shows", "[load]") {
    Markup const markup(to_html(sample_chart({{0, 0}})));
    test::Element const picture = markup.of_class("picture").at(0);
    CHECK(picture.attributes.at("role") == "img");
    CHECK(picture.attributes.at("aria-labelledby") == "sample-title sample-text");
    CHECK(markup.text().find("It shows nothing much.") != std::string::npos);
}

TEST_CASE("Several lines have a legend, one has none", "[load]") {
    Chart chart = sample_chart({{0, 0}});
    CHECK(Markup(to_html(chart)).of_class("legend").empty());
    chart.lines.push_back({.name = "other", .ink = Ink::second});
    Markup const markup(to_html(chart));
    CHECK(markup.of_class("legend").size() == 1);
    CHECK(markup.text().find("other") != std::string::npos);
}

TEST_CASE("A band tells its lines where it is pointed at", "[load]") {
    Chart chart = sample_chart({{0, 0}});
    chart.bands = {{.begin = 2, .end = 4, .text = "first\nsecond"}};
    Markup const markup(to_html(chart));
    test::Element const band = markup.of_class("band").at(0);
    CHECK(band.attributes.at("x") == "200.0");
    CHECK(band.attributes.at("width") == "200.0");
    CHECK(markup.text().find("first\nsecond\n") != std::string::npos);
}

TEST_CASE("All words of a chart are escaped", "[load]") {
    constexpr auto evil = "<b>\"&'\x1b";
    Chart chart = sample_chart({{0, 0}});
    chart.title = chart.note = chart.description = evil;
    chart.lines = {{.name = evil}, {.name = evil}};
    chart.x.ticks.front().label = chart.y.ticks.front().label = evil;
    chart.bands = {{.begin = 0, .end = 1, .text = evil}};
    chart.level = {.points = {{.x = 0, .y = 1}}, .label = evil};
    chart.gaps = {.name = evil, .spans = {{.begin = 0, .end = 1}}};
    std::string const html = to_html(chart);
    CHECK_NOTHROW(Markup(html));
    CHECK(html.find("<b>") == std::string::npos);
}

TEST_CASE("Text for a page is escaped, but not twice", "[load]") {
    CHECK(html_text("") == "");
    CHECK(html_text("Grüße") == "Grüße");
    CHECK(html_text(R"(<a b="c" d='e'>&)") == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    CHECK(html_text("\x1b[2J\xff") == R"(\x1b[2J\xff)");
    CHECK(html_text(R"(\x1b[2J)") == R"(\x1b[2J)");
    CHECK(html_text(R"(C:\new)") == R"(C:\\new)");
}

}  // namespace roger
