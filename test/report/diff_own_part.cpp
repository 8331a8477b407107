// What the load tester itself may be the reason for is not held against a server, and nothing else.
#include "report/diff.hpp"
#include "report/simulated_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

Report simulated(Behaviour const& behaviour, std::uint32_t seed, std::size_t intervals = 20) {
    return SimulatedServer(behaviour, seed).report(intervals);
}

/// As measured by a load tester without which times had been those of `server`.
Report held_up(Behaviour const& measured, Behaviour const& server, std::uint32_t seed) {
    Report report = simulated(measured, seed);
    report.lower_bounds = simulated(server, seed).latencies;
    report.generator.bottleneck = "its busiest thread took 99% of a processor";
    return report;
}

Report excuse(Report report, double share) {
    auto const failed = static_cast<double>(report.outcomes.failed());
    report.excused.count(Outcome::timed_out, static_cast<std::uint64_t>(failed * share));
    return report;
}

Judgement judgement_on(std::string_view figure, Difference const& difference) {
    return std::ranges::find(difference.comparisons, figure, &Comparison::name)->judgement;
}

}  // namespace

TEST_CASE("Failures that a report excuses are not the server's", "[diff][load]") {
    Report const before = simulated({}, 1);
    Report const after = simulated({.failed_share = 0.05}, 2);
    CHECK(compare({before}, {after}).judgement == Judgement::worse);

    Difference const all_excused = compare({before}, {excuse(after, 1)});
    CHECK(all_excused.judgement == Judgement::cannot_tell);
    CHECK(judgement_on("failed", all_excused) == Judgement::cannot_tell);
    CHECK_THAT(to_text(all_excused),
               StartsWith("Cannot tell about failed, since the load tester itself may be the "
                          "reason"));

    CHECK(compare({before}, {excuse(after, 0.5)}).judgement == Judgement::worse);
}

TEST_CASE("Failures that the old report excuses are no excuse for those of the new one",
          "[diff][load]") {
    Report const before = simulated({.failed_share = 0.05}, 1);
    Report const after = simulated({.failed_share = 0.05}, 2);
    CHECK(compare({before}, {after}).judgement == Judgement::no_worse);
    CHECK(compare({excuse(before, 1)}, {after}).judgement == Judgement::cannot_tell);
    CHECK(compare({excuse(before, 1)}, {simulated({}, 2)}).judgement == Judgement::no_worse);
}

TEST_CASE("Excused failures are not the server's in several reports either", "[diff][load]") {
    std::vector<Report> const before = {simulated({}, 1), simulated({}, 2), simulated({}, 3)};
    std::vector<Report> after = {simulated({.failed_share = 0.05}, 4),
                                 simulated({.failed_share = 0.05}, 5)};
    CHECK(compare(before, after).judgement == Judgement::worse);
    for (Report& report : after) {
        report = excuse(report, 1);
    }
    CHECK(compare(before, after).judgement == Judgement::cannot_tell);
}

TEST_CASE("What the load tester's own delay may explain is not told", "[diff][load]") {
    Report const before = simulated({}, 1);
    Difference const difference =
        compare({before}, {held_up({.median_us = 2000}, {.median_us = 1000}, 2)});
    CHECK(difference.judgement == Judgement::cannot_tell);
    for (std::string_view const figure : {"mean", "p50", "p99", "rate"}) {
        CHECK(judgement_on(figure, difference) == Judgement::cannot_tell);
    }
    std::string const text = to_text(difference);
    CHECK_THAT(text, StartsWith("Cannot tell about mean, p50, p99, rate, since the load tester "
                                "itself may be the reason\n"
                                "Warning: in the new report the load tester was held up itself: "
                                "its busiest thread took 99% of a processor\n"));
    CHECK_THAT(text, ContainsSubstring("cannot tell: own part\n"));
}

TEST_CASE("What a load tester adds in every run is on both sides", "[diff][load]") {
    Report after = held_up({.median_us = 2000}, {.median_us = 1000}, 2);
    after.generator.bottleneck.clear();
    CHECK(compare({simulated({}, 1)}, {after}).judgement == Judgement::worse);
}

TEST_CASE("What the load tester's own delay cannot explain is told", "[diff][load]") {
    Report const before = simulated({}, 1);
    Difference const slower =
        compare({before}, {held_up({.median_us = 2000}, {.median_us = 1900}, 2)});
    CHECK(slower.judgement == Judgement::worse);
    for (std::string_view const figure : {"mean", "p50", "p99", "rate"}) {
        CHECK(judgement_on(figure, slower) == Judgement::worse);
    }
    CHECK(compare({before}, {held_up({}, {.median_us = 900}, 2)}).judgement == Judgement::no_worse);
    CHECK(compare({held_up({.median_us = 1100}, {.median_us = 1000}, 1)}, {simulated({}, 2)})
              .judgement == Judgement::no_worse);
    CHECK(compare({held_up({.median_us = 1100}, {.median_us = 900}, 1)}, {simulated({}, 2)})
              .judgement == Judgement::cannot_tell);
}

TEST_CASE("A proven failure is told however busy the load tester was", "[diff][load]") {
    Report const before = simulated({}, 1);
    Difference const difference = compare(
        {before}, {held_up({.median_us = 2000, .failed_share = 0.01}, {.median_us = 1000}, 2)});
    CHECK(difference.judgement == Judgement::worse);
    CHECK(judgement_on("failed", difference) == Judgement::worse);
    CHECK(judgement_on("mean", difference) == Judgement::cannot_tell);
    CHECK_THAT(to_text(difference), StartsWith("Worse: failed\n"));
}

TEST_CASE("Where clients were too few, a message may have waited for them", "[diff][load]") {
    Report const before = simulated({.rate = 1000}, 1);
    Report after = simulated({.median_us = 2000, .rate = 1000}, 2);
    after.generator.too_few_clients = "too few clients: raise --clients";
    after.latencies.service = after.lower_bounds.service = before.latencies.service;
    Difference const waited = compare({before}, {after});
    CHECK(waited.judgement == Judgement::cannot_tell);
    CHECK(waited.warnings ==
          std::vector<std::string>{"in the new report, too few clients: raise --clients"});

    after.lower_bounds.service = after.latencies.response;
    CHECK(compare({before}, {after}).judgement == Judgement::worse);
}

TEST_CASE("A stall that may be the load tester's own is not told", "[diff][load]") {
    for (Behaviour const& behaviour : {Behaviour{.rate = 1000}, Behaviour{.clients = 10}}) {
        Behaviour stalling = behaviour;
        stalling.stall_s = 1;
        Report const before = simulated(behaviour, 1, 30);
        Report after = simulated(stalling, 2, 30);
        REQUIRE(judgement_on("max", compare({before}, {after})) == Judgement::worse);
        after.lower_bounds = simulated(behaviour, 2, 30).latencies;
        Difference const difference = compare({before}, {after});
        CHECK(judgement_on("max", difference) == Judgement::cannot_tell);
        CHECK(difference.judgement != Judgement::worse);
        CHECK_THAT(to_text(difference),
                   ContainsSubstring("in the rest of it; the load tester itself may be the "
                                     "reason\n"));
    }
}

TEST_CASE("An outage that a report excuses is not told", "[diff][load]") {
    Report const before = simulated({}, 1, 30);
    Report after = simulated({}, 2, 30);
    after.intervals[7].failed = after.intervals[7].acked;
    after.outcomes.count(Outcome::timed_out, after.intervals[7].failed);
    REQUIRE(compare({before}, {after}).judgement == Judgement::worse);
    CHECK(compare({before}, {excuse(after, 0.5)}).judgement == Judgement::worse);
    CHECK(compare({before}, {excuse(after, 1)}).judgement == Judgement::cannot_tell);
}

}  // namespace roger
