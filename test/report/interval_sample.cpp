// A run's figures over any of its intervals.
#include "report/interval_sample.hpp"

#include "report/simulated_server.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

namespace roger {

using Catch::Approx;

namespace {

Interval interval_of(double begin_s, double length_s, std::vector<Histogram::Bucket> response) {
    Interval interval = {.begin_s = begin_s, .length_s = length_s, .response = {}};
    for (Histogram::Bucket const& bucket : response) {
        interval.acked += static_cast<std::uint64_t>(bucket.count);
    }
    interval.response = std::move(response);
    return interval;
}

void add_to_run(Report& report, std::vector<Histogram::Bucket> const& response) {
    for (Histogram::Bucket const& bucket : response) {
        report.latencies.response.add(bucket);
        report.outcomes.count(Outcome::acked, static_cast<std::uint64_t>(bucket.count));
    }
}

}  // namespace

TEST_CASE("The figures over all intervals are the run's", "[diff][load]") {
    Report const report =
        SimulatedServer({.spread = 1, .drift = 0.3, .failed_share = 0.1, .clients = 2}, 1)
            .report(12);
    IntervalSample const sample(report);
    Histogram const& response = report.latencies.response;
    CHECK(sample.size() == 12);
    CHECK(sample.mean_us(sample.all()) == Approx(response.mean_us()).epsilon(0.001));
    for (double const percent : {50.0, 99.0, 100.0}) {
        CHECK(sample.percentile_us(percent, sample.all()) ==
              Approx(static_cast<double>(response.percentile_us(percent))).epsilon(0.001));
    }
    CHECK(sample.rate(sample.all()) == Approx(report.rate()));
    CHECK(sample.failed_share(sample.all()) ==
          Approx(static_cast<double>(report.outcomes.failed()) /
                 static_cast<double>(report.outcomes.sum())));
}

TEST_CASE("Figures are over the intervals that are selected, as often as they are",
          "[diff][load]") {
    Report report;
    report.intervals = {interval_of(0, 1, {{100, 10}}), interval_of(1, 1, {{200, 10}, {300, 10}})};
    report.intervals[1].failed = 5;
    report.acked_in_time = 30;
    IntervalSample const sample(report);
    CHECK(sample.mean_us({0}) == 100);
    CHECK(sample.mean_us({1}) == 250);
    CHECK(sample.mean_us({0, 0, 1}) == 175);
    CHECK(sample.percentile_us(50, {1}) == 200.5);
    CHECK(sample.percentile_us(25, {1}) == 200);
    CHECK(sample.percentile_us(50, {0, 0, 0, 1}) == Approx(100 + 1.0 / 3));
    CHECK(sample.rate({0, 1}) == 15);
    CHECK(sample.failed_share({0}) == 0);
    CHECK(sample.failed_share({1}) == 0.2);
    CHECK(sample.failed_share({1, 1}) == 0.2);
}

TEST_CASE("What came after the last whole interval counts as part of it", "[diff][load]") {
    Report report;
    report.intervals = {interval_of(0, 1, {{100, 10}}), interval_of(1, 1, {{200, 10}}),
                        interval_of(2, 0.5, {{300, 10}})};
    for (Interval const& interval : report.intervals) {
        add_to_run(report, interval.response);
    }
    add_to_run(report, {{5000, 10}});
    report.outcomes.count(Outcome::timed_out, 3);
    report.duration_s = 2.5;
    report.acked_in_time = 31;  // one of the late ones makes up for the beginning
    IntervalSample const sample(report);
    REQUIRE(sample.size() == 2);
    CHECK(sample.length_s(1) == 1.5);
    CHECK(sample.length_s() == 2.5);
    CHECK(sample.mean_us({0}) == 100);
    CHECK(sample.mean_us({1}) == Approx(5500.0 / 3));
    CHECK(sample.failed_share({1}) == Approx(3.0 / 33));
    CHECK(sample.rate({1}) == Approx(20 / 1.5));
    CHECK(sample.rate(sample.all()) == Approx(31 / 2.5));
}

TEST_CASE("A run without intervals is one", "[diff][load]") {
    Report report;
    report.duration_s = 2;
    CHECK_FALSE(IntervalSample(report).mean_us({0}));
    CHECK_FALSE(IntervalSample(report).percentile_us(50, {0}));
    CHECK_FALSE(IntervalSample(report).failed_share({0}));
    CHECK(IntervalSample(report).rate({0}) == 0.25);
    add_to_run(report, {{100, 10}});
    report.acked_in_time = 10;
    IntervalSample const sample(report);
    REQUIRE(sample.size() == 1);
    CHECK(sample.rate({0}) == 5);
    CHECK(sample.mean_us(sample.all()) == 100);
    CHECK(sample.length_s() == 2);
}

}  // namespace roger
