// Reports of simulated servers, and what changed from one to another.
#include "report/diff.hpp"

#include "report/simulated_server.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

using Catch::Approx;

namespace {

Report report_of(Behaviour const& behaviour, std::uint32_t seed, std::size_t intervals = 20) {
    return SimulatedServer(behaviour, seed).report(intervals);
}

Difference difference_between(Behaviour const& before, Behaviour const& after,
                              std::size_t intervals = 20) {
    return compare({report_of(before, 1, intervals)}, {report_of(after, 2, intervals)});
}

Comparison const& comparison_of(std::string_view figure, Difference const& difference) {
    return *std::ranges::find(difference.comparisons, figure, &Comparison::name);
}

bool has(Difference const& difference, std::string_view figure) {
    return std::ranges::count(difference.comparisons, figure, &Comparison::name) != 0;
}

/// The same intervals in a run that is the sum of them.
Report with_totals(Report const& of) {
    Report report = of;
    report.latencies = {};
    report.outcomes = {};
    report.acked_in_time = 0;
    for (Interval const& interval : of.intervals) {
        report.latencies.response.add(interval.response);
        report.acked_in_time += interval.acked;
        report.outcomes.count(Outcome::timed_out, interval.failed);
    }
    report.outcomes.count(Outcome::acked,
                          static_cast<std::uint64_t>(report.latencies.response.count()));
    report.latencies.service = report.latencies.response;
    report.lower_bounds = report.latencies;
    return report;
}

Report as_asked(Report report, double asked, std::uint64_t achieved) {
    report.asked.rate = asked;
    report.duration_s = 1;
    report.acked_in_time = achieved;
    return report;
}

}  // namespace

TEST_CASE("A change is a ratio, whichever way one looks at it", "[diff][load]") {
    Behaviour const wild = {.median_us = 100, .drift = 1.5, .clients = 0.1};
    Behaviour const slower = {.median_us = 300, .drift = 1.5, .clients = 0.1};
    Report const before = report_of(wild, 1, 10);
    Report const after = report_of(slower, 2, 10);
    Difference const there = compare({before}, {after});
    Difference const back = compare({after}, {before});
    for (std::string_view const figure : {"mean", "p50", "p99", "rate"}) {
        auto const& forward = comparison_of(figure, there).change;
        auto const& backward = comparison_of(figure, back).change;
        REQUIRE(forward);
        REQUIRE(backward);
        CHECK(forward->from > -100);
        CHECK(1 + forward->from / 100 == Approx(1 / (1 + backward->to / 100)));
        CHECK(1 + forward->most_likely / 100 == Approx(1 / (1 + backward->most_likely / 100)));
    }
    Comparison const& mean = comparison_of("mean", there);
    CHECK(mean.change->most_likely ==
          Approx((*mean.after / *mean.before - 1) * 100).epsilon(0.001));
}

TEST_CASE("Old and new are the reports' own figures", "[diff][load]") {
    Report const before = report_of({.rate = 1000}, 1);
    Report const after = report_of({.failed_share = 0.01, .stall_s = 1, .rate = 1000}, 2);
    Difference const difference = compare({before}, {after});
    for (bool const is_new : {false, true}) {
        Report const& report = is_new ? after : before;
        auto const shown = [&](std::string_view figure) {
            Comparison const& comparison = comparison_of(figure, difference);
            return is_new ? comparison.after : comparison.before;
        };
        Histogram const& response = report.latencies.response;
        CHECK(shown("mean") == response.mean_us());
        CHECK(shown("p50") == static_cast<double>(response.percentile_us(50)));
        CHECK(shown("p99") == static_cast<double>(response.percentile_us(99)));
        CHECK(shown("max") == static_cast<double>(response.max_us()));
        CHECK(shown("failed") == static_cast<double>(report.outcomes.failed()) /
                                     static_cast<double>(report.outcomes.sum()));
    }
    CHECK(comparison_of("p99", difference).after > 500'000);
}

TEST_CASE("An interval without acks has no times", "[diff][load]") {
    Report const before = report_of({}, 1, 10);
    Report after = before;
    Interval& silent = after.intervals[4];
    silent.acked = 0;
    silent.response.clear();
    after = with_totals(after);
    Difference const difference = compare({before}, {after});
    CHECK(comparison_of("rate", difference).change->most_likely == Approx(-10).margin(0.5));
    CHECK(std::abs(comparison_of("mean", difference).change->most_likely) < 1);
}

TEST_CASE("A slow-down is told of each figure that it shows in", "[diff][load]") {
    Difference const difference = difference_between({}, {.median_us = 1200});
    CHECK(difference.judgement == Judgement::worse);
    for (std::string_view const figure : {"mean", "p50", "p99", "rate"}) {
        CHECK(comparison_of(figure, difference).judgement == Judgement::worse);
    }
    CHECK(comparison_of("failed", difference).judgement == Judgement::no_worse);
    REQUIRE(comparison_of("p50", difference).change);
    CHECK(comparison_of("p50", difference).change->from < 20);
    CHECK(comparison_of("p50", difference).change->to > 20);
    CHECK(comparison_of("rate", difference).change->to < 0);
}

TEST_CASE("A faster server is no worse", "[diff][load]") {
    Difference const difference = difference_between({}, {.median_us = 800});
    CHECK(difference.judgement == Judgement::no_worse);
    CHECK(comparison_of("mean", difference).better);
    CHECK(comparison_of("rate", difference).better);
    CHECK_FALSE(comparison_of("failed", difference).better);
}

TEST_CASE("A sure but small change is no worse", "[diff][load]") {
    Behaviour const before = {.spread = 0.1, .drift = 0.001};
    Behaviour const after = {.median_us = 1020, .spread = 0.1, .drift = 0.001};
    Difference const difference = difference_between(before, after);
    CHECK(comparison_of("mean", difference).change->from > 0);
    CHECK(difference.judgement == Judgement::no_worse);
}

TEST_CASE("More failures are worse", "[diff][load]") {
    Difference const difference = difference_between({}, {.failed_share = 0.01});
    CHECK(difference.judgement == Judgement::worse);
    CHECK(comparison_of("failed", difference).judgement == Judgement::worse);
    CHECK(comparison_of("mean", difference).judgement == Judgement::no_worse);
    CHECK(difference_between({.failed_share = 0.01}, {}).judgement == Judgement::no_worse);
}

TEST_CASE("A few failures in one interval alone leave it open", "[diff][load]") {
    Report const before = report_of({}, 1, 20);
    Report after = report_of({}, 2, 20);
    after.intervals[7].failed = after.intervals[7].acked / 10;
    Difference const difference = compare({before}, {with_totals(after)});
    CHECK(comparison_of("failed", difference).judgement == Judgement::cannot_tell);
    CHECK(difference.judgement == Judgement::cannot_tell);
}

TEST_CASE("A p99 that is too noisy alone leaves nothing open", "[diff][load]") {
    Report before = report_of({}, 1, 30);
    Report after = report_of({}, 2, 30);
    for (Report* const report : {&before, &after}) {
        for (std::size_t i = 0; i < report->intervals.size(); i += 3) {
            report->intervals[i].response.push_back({5000, 10});
        }
        *report = with_totals(*report);
    }
    Difference const difference = compare({before}, {after});
    CHECK(comparison_of("p99", difference).judgement == Judgement::cannot_tell);
    CHECK(difference.judgement == Judgement::no_worse);
    CHECK(to_text(difference).starts_with("No worse, as far as one can tell without p99\n"));
}

TEST_CASE("A run with too few messages has no p99", "[diff][load]") {
    Difference const difference = difference_between({.clients = 0.005}, {.clients = 0.005}, 20);
    CHECK_FALSE(comparison_of("p99", difference).before);
    CHECK(comparison_of("p99", difference).judgement == Judgement::cannot_tell);
    CHECK(comparison_of("p50", difference).change);
}

TEST_CASE("The rate is judged unless it was asked for and achieved", "[diff][load]") {
    Report const before = report_of({}, 1, 20);
    Report const after = report_of({}, 2, 20);
    CHECK(has(compare({before}, {after}), "rate"));
    CHECK_FALSE(has(compare({as_asked(before, 800, 799)}, {as_asked(after, 800, 800)}), "rate"));
    CHECK(has(compare({as_asked(before, 800, 799)}, {as_asked(after, 800, 700)}), "rate"));
}

TEST_CASE("Too few whole intervals tell nothing", "[diff][load]") {
    Report const before = report_of({}, 1, 10);
    Report after = report_of({.median_us = 9000}, 2, 5);
    CHECK(compare({before}, {after}).judgement == Judgement::worse);

    after.intervals.back().length_s = 0.5;
    Difference const difference = compare({before}, {after});
    CHECK(difference.judgement == Judgement::cannot_tell);
    CHECK(to_text(difference)
              .starts_with("Cannot tell\n"
                           "Warning: the new report has 4 whole intervals, and 5 are needed: test "
                           "for longer\n"));
}

TEST_CASE("Reports of nothing tell nothing", "[diff][load]") {
    Difference const difference = compare({Report()}, {Report()});
    CHECK(difference.judgement == Judgement::cannot_tell);
    CHECK_FALSE(difference.is_comparable);
    CHECK_FALSE(to_text(difference).empty());
}

TEST_CASE("A server that has stopped answering is worse", "[diff][load]") {
    Report const before = report_of({}, 1, 10);
    Report after = report_of({}, 2, 10);
    for (Interval& interval : after.intervals) {
        interval.acked = 0;
        interval.failed = 100;
        interval.response.clear();
    }
    Difference const difference = compare({before}, {with_totals(after)});
    CHECK(difference.judgement == Judgement::worse);
    CHECK(to_text(difference).starts_with("Worse: failed, rate\n"));
    CHECK(comparison_of("rate", difference).after == 0.0);
    CHECK(comparison_of("rate", difference).change->from > -100);
    CHECK_FALSE(comparison_of("mean", difference).after);
}

TEST_CASE("Other settings are warned about", "[diff][load]") {
    Report before = report_of({}, 1, 20);
    Report after = report_of({}, 2, 20);
    before.settings = {{"clients", "100"}, {"rate", "5000"}, {"size", "10B"}};
    after.settings = {{"clients", "200"}, {"size", "10B"}, {"message", "a\nb"}};
    Difference const difference = compare({before}, {after});
    CHECK(difference.warnings ==
          std::vector<std::string>{
              "the tests were not the same, so their figures may not be comparable: clients 100, "
              "then 200; rate 5000, then (not given); message (not given), then a\\x0ab"});
    CHECK(difference.judgement == Judgement::no_worse);

    after.settings = before.settings;
    CHECK(compare({before}, {after}).warnings.empty());
}

TEST_CASE("A stall is worse, whether the rate was fixed or not", "[diff][load]") {
    for (Behaviour const& behaviour : {Behaviour{.rate = 1000}, Behaviour{.clients = 10}}) {
        Behaviour stalling = behaviour;
        stalling.stall_s = 1;
        Report const before = report_of(behaviour, 1, 30);
        Report const after = report_of(stalling, 2, 30);
        Difference const difference = compare({before}, {after});
        CHECK(difference.judgement == Judgement::worse);
        auto const& stall = comparison_of("max", difference).incident_after;
        REQUIRE(stall);
        CHECK(stall->from_s == 15);
        CHECK(stall->to_s == 16);
        CHECK(stall->worst == Approx(1e6).epsilon(0.05));
        CHECK(stall->without < 20'000);

        Difference const back = compare({after}, {before});
        CHECK(back.judgement != Judgement::worse);
        CHECK(comparison_of("max", back).incident_before == stall);
        CHECK(compare({after}, {report_of(stalling, 3, 30)}).judgement != Judgement::worse);
    }
}

TEST_CASE("A stall is found among maxima of two modes", "[diff][load]") {
    Report before = report_of({.spread = 0.1}, 1, 30);
    Report after = report_of({.spread = 0.1}, 2, 30);
    for (Report* const report : {&before, &after}) {
        for (std::size_t i = 0; i < report->intervals.size(); i += 2) {
            report->intervals[i].response.push_back({50'000, 1});  // waited for a processor
        }
    }
    CHECK(compare({with_totals(before)}, {with_totals(after)}).judgement != Judgement::worse);
    after.intervals[11].response.push_back({600'000, 1});
    CHECK(compare({with_totals(before)}, {with_totals(after)}).judgement == Judgement::worse);
}

TEST_CASE("A maximum that is no stall is not told from one report", "[diff][load]") {
    Report const before = report_of({}, 1, 30);
    Report after = report_of({}, 2, 30);
    after.intervals[3].response.push_back({250'000, 1});
    Difference const difference = compare({before}, {with_totals(after)});
    CHECK(comparison_of("max", difference).after > 250'000);
    CHECK(comparison_of("max", difference).judgement == Judgement::no_worse);
    CHECK(difference.judgement == Judgement::no_worse);
    CHECK_FALSE(comparison_of("max", difference).change);
}

TEST_CASE("An outage is worse", "[diff][load]") {
    Report const before = report_of({}, 1, 30);
    Report after = report_of({}, 2, 30);
    after.intervals[7].failed = after.intervals[7].acked;
    Difference const difference = compare({before}, {with_totals(after)});
    CHECK(difference.judgement == Judgement::worse);
    Comparison const& failed = comparison_of("failed", difference);
    CHECK(failed.worse_by_incident);
    REQUIRE(failed.incident_after);
    CHECK(failed.incident_after->from_s == 7);
    CHECK(failed.incident_after->worst == 0.5);
    CHECK(failed.incident_after->without == 0);
}

TEST_CASE("Of several reports a side, how much they differ is the noise", "[diff][load]") {
    auto const reports = [](std::vector<double> const& medians_us) {
        std::vector<Report> several;
        several.reserve(medians_us.size());
        for (double const median_us : medians_us) {
            several.push_back(report_of({.median_us = median_us, .drift = 0.001},
                                        static_cast<std::uint32_t>(median_us)));
        }
        return several;
    };
    // Within each run there is hardly any noise: one of each would be worse.
    CHECK(compare(reports({1000}), reports({1100})).judgement == Judgement::worse);
    CHECK(compare(reports({950, 1000, 1050}), reports({1050, 1100, 1150})).judgement ==
          Judgement::cannot_tell);
    Difference const sure = compare(reports({990, 1000, 1010}), reports({1090, 1100, 1110}));
    CHECK(sure.judgement == Judgement::worse);
    CHECK(comparison_of("p50", sure).before == Approx(1000).epsilon(0.01));
    CHECK(comparison_of("p50", sure).change->most_likely == Approx(10).epsilon(0.1));
    CHECK(compare(reports({990, 1000, 1010, 1005}), reports({1101})).judgement == Judgement::worse);
}

TEST_CASE("A stall in each of several reports is worse, and in one of them leaves it open",
          "[diff][load]") {
    auto const reports = [](std::uint32_t seed, std::vector<double> const& stalls_s) {
        std::vector<Report> several;
        several.reserve(stalls_s.size());
        for (double const stall_s : stalls_s) {
            several.push_back(report_of({.stall_s = stall_s, .rate = 1000}, ++seed, 30));
        }
        return several;
    };
    Difference const each = compare(reports(0, {0, 0, 0}), reports(3, {1, 0.9, 0.95}));
    CHECK(each.judgement == Judgement::worse);
    CHECK(comparison_of("p99", each).judgement == Judgement::worse);
    CHECK(comparison_of("max", each).judgement == Judgement::worse);
    CHECK(compare(reports(0, {0, 0, 0}), reports(3, {0, 1, 0})).judgement ==
          Judgement::cannot_tell);
}

TEST_CASE("A report that is twice on a side is refused", "[diff][load]") {
    Report const one = report_of({}, 1);
    Report const other = report_of({}, 2);
    CHECK_THROWS_AS(compare({one, other, one}, {other}), std::invalid_argument);
    CHECK_THROWS_AS(compare({one}, {other, other}), std::invalid_argument);
    CHECK(compare({one}, {one}).judgement != Judgement::worse);
}

}  // namespace roger
