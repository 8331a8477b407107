// The rate that was asked for, as the throughput's chart shows it.
#include "report/asked_level.hpp"

#include "report/report_charts.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace roger {

namespace {

using Points = std::vector<std::pair<double, double>>;

Points points_of(Level const& level) {
    Points points;
    for (ChartPoint const& point : level.points) {
        points.emplace_back(point.x, point.y.value());
    }
    return points;
}

/// A step and a ramp, of which so many seconds were measured.
Report in_stages(std::size_t seconds) {
    Report report;
    report.asked.rate = 2000;
    report.asked.stages = {{.from_per_s = 1000, .to_per_s = 1000, .length_s = 10},
                           {.from_per_s = 2000, .to_per_s = 4000, .length_s = 10}};
    for (std::size_t i = 0; i != seconds; ++i) {
        report.intervals.push_back(
            {.begin_s = static_cast<double>(i), .length_s = 1, .acked = 500, .response = {}});
    }
    return report;
}

Chart throughput_of(Report const& report) {
    return time_charts(report).charts.front();
}

}  // namespace

TEST_CASE("A rate in stages is drawn as its schedule", "[load]") {
    Chart const chart = throughput_of(in_stages(20));
    REQUIRE(chart.level);
    CHECK(points_of(*chart.level) == Points{{0, 1000}, {10, 1000}, {10, 2000}, {20, 4000}});
    CHECK(chart.level->label == "asked 4,000/s");
    CHECK(chart.y.position(4000) <= 1);
}

TEST_CASE("A schedule is drawn as far as the run got", "[load]") {
    Chart const in_ramp = throughput_of(in_stages(15));
    CHECK(points_of(*in_ramp.level) == Points{{0, 1000}, {10, 1000}, {10, 2000}, {15, 3000}});
    CHECK(in_ramp.level->label == "asked 3,000/s");
    Chart const before = throughput_of(in_stages(10));
    CHECK(points_of(*before.level) == Points{{0, 1000}, {10, 1000}});
    CHECK(before.level->label == "asked 1,000/s");
}

TEST_CASE("Where no time was measured no rate is drawn", "[load]") {
    CHECK_FALSE(asked_level(in_stages(20).asked, 0));
    CHECK_FALSE(
        asked_level(Asked{.rate = 1, .duration_s = {}, .messages = {}, .ack_timeout_s = {}}, -1));
}

TEST_CASE("One rate is drawn from edge to edge", "[load]") {
    Report report = in_stages(20);
    report.asked.stages.clear();
    CHECK(points_of(*throughput_of(report).level) == Points{{0, 2000}, {20, 2000}});
    report.asked.rate.reset();
    CHECK_FALSE(throughput_of(report).level);
}

}  // namespace roger
