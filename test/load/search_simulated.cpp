// Searching the highest rate of servers that queue: every trial is played in virtual time.
#include "load/queue_growth.hpp"
#include "load/search.hpp"
#include "load/simulated_server.hpp"
#include "report/objective.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string_view>

namespace roger {

namespace {

using test::play;
using test::SimulatedTest;

Trial trial(SimulatedTest const& simulated, std::string_view objectives) {
    auto [report, growth] = play(simulated);
    for (Objective const& objective : parse_objectives(objectives)) {
        report.assertions.push_back(objective.judge(report));
    }
    return trial_of(simulated.rate, report, growth);
}

SearchResult search(double start, SimulatedTest simulated, std::string_view objectives) {
    RateSearch search(start);
    while (auto const rate = search.next()) {
        simulated.rate = *rate;
        search.tell(trial(simulated, objectives));
    }
    return search.result();
}

/// Each message takes as long as it does on average, give or take some.
test::WorkTime about(double mean_s, double spread, std::uint32_t seed) {
    return [mean_s, spread, random = std::mt19937(seed)](double /*at_s*/) mutable {
        return mean_s * (1 + spread * std::uniform_real_distribution<>(-1, 1)(random));
    };
}

/// Most are quick, and a few take much longer.
test::WorkTime exponential(double mean_s, std::uint32_t seed) {
    return [mean_s, random = std::mt19937(seed)](double /*at_s*/) mutable {
        return std::exponential_distribution<>(1 / mean_s)(random);
    };
}

/// Searches servers of 100 capacities. Each test of these is one kind of server's: they take long.
void check_coverage(
    std::function<SimulatedTest(double capacity, std::uint32_t seed)> const& server) {
    constexpr int searches = 100;
    int covered = 0;
    int found = 0;
    for (std::uint32_t seed = 1; seed <= searches; ++seed) {
        double const capacity = 800 * std::pow(1.01, seed % 100);
        auto const result = search(500, server(capacity, seed), "p99<500ms");
        found += result.verdict == LoadVerdict::held ? 1 : 0;
        covered +=
            result.range && result.range->from <= capacity && capacity <= result.range->to ? 1 : 0;
    }
    CHECK(found >= searches * 95 / 100);
    CHECK(covered >= searches * 95 / 100);
}

}  // namespace

TEST_CASE("A short trial's backlog is not taken for a rate that holds", "[search][load]") {
    // 1,000 a second, whatever the objective lets pass in two seconds.
    for (std::string_view const objectives : {"p99<500ms", "p99<500ms,failed<1%", "mean<1s"}) {
        for (double const start : {100.0, 1000.0, 20'000.0}) {
            CAPTURE(objectives, start);
            auto const result = search(start, {.work = [](double) { return 0.001; }}, objectives);
            REQUIRE(result.verdict == LoadVerdict::held);
            CHECK(std::abs(result.rate - 1000) < 10);
            CHECK(result.range->from <= 1000);
            CHECK(result.range->to >= 1000);
        }
    }
}

TEST_CASE("An ordinary answer that is on its way at the end is no failure", "[search][load]") {
    auto const result =
        search(1000, {.work = [](double) { return 0.0005; }, .way_s = 0.04}, "p99<100ms,failed=0");
    REQUIRE(result.verdict == LoadVerdict::held);
    CHECK(std::abs(result.rate - 2000) < 20);
}

TEST_CASE("The confidence interval of a search covers the truth in 95 of 100: steady answers",
          "[search][load][sweep]") {
    check_coverage([](double capacity, std::uint32_t seed) {
        return SimulatedTest{.work = about(1 / capacity, 0.1, seed)};
    });
}

TEST_CASE("The confidence interval of a search covers the truth in 95 of 100: varied answers",
          "[search][load][sweep]") {
    check_coverage([](double capacity, std::uint32_t seed) {
        return SimulatedTest{.work = about(1 / capacity, 0.9, seed)};
    });
}

TEST_CASE("The confidence interval of a search covers the truth in 95 of 100: exponential answers",
          "[search][load][sweep]") {
    check_coverage([](double capacity, std::uint32_t seed) {
        return SimulatedTest{.work = exponential(1 / capacity, seed)};
    });
}

TEST_CASE("The confidence interval of a search covers the truth in 95 of 100: several at once",
          "[search][load][sweep]") {
    check_coverage([](double capacity, std::uint32_t seed) {
        return SimulatedTest{.work = exponential(20 / capacity, seed), .servers = 20};
    });
}

TEST_CASE("Answers that vary are not taken for a queue that grows", "[search][load]") {
    // Each has a server of its own. Of the slowest answers, most come after the end.
    for (double const mean_s : {0.1, 0.3, 1.0}) {
        for (double const rate : {100.0, 1000.0}) {
            CAPTURE(mean_s, rate);
            int failed = 0;
            constexpr int trials = 100;
            for (std::uint32_t seed = 1; seed <= trials; ++seed) {
                auto const found =
                    trial({.rate = rate, .work = exponential(mean_s, seed), .servers = 10'000},
                          "p99<60s");
                failed += found.verdict == LoadVerdict::held ? 0 : 1;
            }
            CHECK(failed <= trials * 7 / 100);
        }
    }
}

TEST_CASE("A queue that grows is told from one that only swings", "[search][load]") {
    auto const growth = [](double rate, std::uint32_t seed) {
        return play({.rate = rate, .work = about(0.001, 0.9, seed)}).growth->least();
    };
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        CHECK(growth(900, seed) < 0.005);
        CHECK(growth(1100, seed) > 0.02);
    }
    CHECK_FALSE(ResponseTrend().growth());
}

TEST_CASE("A trial too short to show whether the queue grows does not hold", "[search][load]") {
    // Of 1,000 a second; there are messages in two tenths of the time alone.
    Trial const found = trial({.rate = 20, .duration_s = 0.1, .work = about(0.2, 0, 1)}, "p99<10s");
    CHECK(found.verdict == LoadVerdict::none);
    CHECK(found.reason.find("--duration") != std::string::npos);
}

TEST_CASE("A trial whose answers come after its end holds", "[search][load]") {
    CHECK(trial({.rate = 500, .duration_s = 1, .work = about(0.001, 0, 1), .way_s = 2}, "p99<10s")
              .verdict == LoadVerdict::held);
    CHECK(trial({.rate = 5000, .duration_s = 1, .work = about(0.001, 0, 1), .way_s = 2}, "p99<10s")
              .verdict == LoadVerdict::not_held);
}

}  // namespace roger
