// Searching the highest rate that simulated servers take.
#include "load/search.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace roger {

namespace {

/// A server, and the machine that the load tester runs on.
struct Simulated {
    double capacity;  ///< at this rate every second trial holds
    double band = 0;  ///< trials hold surely below capacity by this share, and never above by it
    double chance_failures = 0;  ///< share of the trials that fail at whatever rate
    double bottleneck = std::numeric_limits<double>::infinity();  ///< no verdict from here on
    double hiccups = 0;  ///< share of the trials that have no verdict at whatever rate
};

class Trials {
public:
    Trials(Simulated const& simulated, std::uint32_t seed) : simulated_(simulated), random_(seed) {}

    Trial run(double rate) {
        LoadVerdict verdict = LoadVerdict::held;
        if (rate >= simulated_.bottleneck || draw() < simulated_.hiccups) {
            verdict = LoadVerdict::none;
        } else if (rate > highest_that_holds_now() || draw() < simulated_.chance_failures) {
            verdict = LoadVerdict::not_held;
        }
        return {.rate = rate,
                .achieved = std::min(rate, simulated_.capacity),
                .verdict = verdict,
                .reason = verdict == LoadVerdict::held   ? ""
                          : verdict == LoadVerdict::none ? "no verdict: held up"
                                                         : "too much"};
    }

private:
    double draw() { return std::uniform_real_distribution<>(0, 1)(random_); }
    double highest_that_holds_now() {
        return simulated_.capacity * (1 + simulated_.band * (2 * draw() - 1));
    }

    Simulated simulated_;
    std::mt19937 random_;
};

SearchResult search(double start, std::function<Trial(double)> const& trial_at) {
    RateSearch search(start);
    while (auto const rate = search.next()) {
        search.tell(trial_at(*rate));
    }
    return search.result();
}

SearchResult search(double start, Simulated const& simulated, std::uint32_t seed = 1) {
    Trials trials(simulated, seed);
    return search(start, [&](double rate) { return trials.run(rate); });
}

bool is_near(SearchResult const& result, double capacity, double share) {
    return result.verdict == LoadVerdict::held &&
           std::abs(result.rate - capacity) <= capacity * share;
}

bool is_in_range(double rate, SearchResult const& result) {
    return result.range && result.range->from <= rate && rate <= result.range->to;
}

/// From the rate to the upper end, and from the lower one: a factor.
double width_of(SearchResult const& result) {
    return std::sqrt(result.range->to / result.range->from);
}

std::size_t columns_of(std::string_view line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Of many searches.
struct Quality {
    int near_capacity = 0;     ///< within 5 %
    int interval_is_true = 0;  ///< it contains the capacity
    std::size_t trials = 0;    ///< in all
};

constexpr int searches_each = 300;

/// Each with another capacity.
Quality quality_from(double start, Simulated simulated) {
    Quality quality;
    for (int seed = 1; seed <= searches_each; ++seed) {
        double const capacity = 10'000 * std::pow(1.01, seed % 100);
        simulated.capacity = capacity;
        SearchResult const result = search(start, simulated, static_cast<std::uint32_t>(seed));
        quality.near_capacity += is_near(result, capacity, 0.05) ? 1 : 0;
        quality.interval_is_true += is_in_range(capacity, result) ? 1 : 0;
        quality.trials += result.trials.size();
        CHECK(result.trials.size() <= RateSearch::most_trials);
    }
    return quality;
}

}  // namespace

TEST_CASE("A search finds the capacity of a steady server", "[search][load]") {
    for (double const start : {1.0, 90.0, 5000.0, 10'000.0, 12'345.0, 800'000.0}) {
        SearchResult const result = search(start, {.capacity = 12'345});
        CHECK(is_near(result, 12'345, 0.01));
        CHECK(is_in_range(12'345, result));
        CHECK(result.trials.front().rate == start);
    }
}

TEST_CASE("A search finds the capacity of a noisy server", "[search][load]") {
    for (double const start : {100.0, 8000.0, 300'000.0}) {
        Quality const quality =
            quality_from(start, {.capacity = 0, .band = 0.02, .chance_failures = 0.03});
        CHECK(quality.near_capacity >= searches_each * 98 / 100);
        CHECK(quality.interval_is_true >= searches_each * 93 / 100);
        CHECK(quality.trials <= searches_each * std::size_t{38});
    }
}

TEST_CASE("A load tester that hiccups misleads no search", "[search][load]") {
    for (double const start : {100.0, 8000.0, 300'000.0}) {
        Quality const quality = quality_from(
            start, {.capacity = 0, .band = 0.02, .chance_failures = 0.03, .hiccups = 0.1});
        CHECK(quality.near_capacity >= searches_each * 98 / 100);
        CHECK(quality.interval_is_true >= searches_each * 93 / 100);
        CHECK(quality.trials <= searches_each * std::size_t{42});
    }
}

TEST_CASE("A very noisy server has no rate, or one that is roughly right", "[search][load]") {
    int misled = 0;
    int too_noisy = 0;
    for (std::uint32_t seed = 1; seed <= searches_each; ++seed) {
        SearchResult const result =
            search(1000, {.capacity = 5000, .band = 0.5, .chance_failures = 0.1}, seed);
        bool const is_held = result.verdict == LoadVerdict::held;
        misled += is_held && !is_near(result, 5000, 0.25) ? 1 : 0;
        too_noisy += result.range && !is_held ? 1 : 0;
    }
    CHECK(misled <= searches_each * 5 / 100);
    CHECK(too_noisy >= searches_each * 10 / 100);
}

TEST_CASE("A range is positive, and one that is too wide is no verdict", "[search][load]") {
    std::size_t ranges = 0;
    for (std::uint32_t seed = 1; seed <= searches_each; ++seed) {
        SearchResult const result =
            search(1000, {.capacity = 5000, .band = 0.9, .chance_failures = 0.3}, seed);
        if (result.range) {
            ++ranges;
            CHECK(result.range->from > 0);
            CHECK(result.range->from < result.range->to);
            CHECK((width_of(result) <= RateSearch::widest_range) ==
                  (result.verdict == LoadVerdict::held));
        }
    }
    CHECK(ranges > searches_each / 2);
}

TEST_CASE("A range that is too wide says what helps", "[search][load]") {
    SearchResult const result = {.rate = 800, .range = SearchResult::Range{3870, 106'289}};
    CHECK(to_text(result).starts_with(
        "Highest rate that holds: between 3,870/s and 106,289/s (95% confidence)\n"
        "The trials were too noisy to tell more: make them longer with --duration\n"));
}

TEST_CASE("A search tells that it knows less where there is more noise", "[search][load]") {
    SearchResult const steady = search(100, {.capacity = 5000});
    SearchResult const noisy = search(100, {.capacity = 5000, .band = 0.2});
    CHECK(width_of(steady) < 1.015);
    CHECK(std::log(width_of(noisy)) > 2 * std::log(width_of(steady)));
}

TEST_CASE("One trial that fails by chance misleads no search", "[search][load]") {
    std::size_t const trials = search(100, {.capacity = 5000}).trials.size();
    for (std::size_t unlucky = 0; unlucky < trials; ++unlucky) {
        std::size_t ran = 0;
        SearchResult const result = search(100, [&](double rate) {
            bool const holds = rate < 5000 && ran++ != unlucky;
            return Trial{.rate = rate,
                         .verdict = holds ? LoadVerdict::held : LoadVerdict::not_held};
        });
        CHECK(is_near(result, 5000, 0.02));
    }
}

TEST_CASE("A server that takes nothing is given up", "[search][load]") {
    SearchResult const result = search(100, {.capacity = 0});
    CHECK(result.verdict == LoadVerdict::not_held);
    CHECK(result.trials.size() < 12);
    CHECK(result.trials.back().rate == 1);
    CHECK(to_text(result).starts_with("Highest rate that holds: none, not even 1/s\n"));
}

TEST_CASE("A bottleneck below the capacity gives a lower bound alone", "[search][load]") {
    SearchResult const result = search(100, {.capacity = 5000, .bottleneck = 3000});
    CHECK(result.verdict == LoadVerdict::none);
    CHECK(result.rate < 3000);
    CHECK(result.rate > 2850);
    REQUIRE(result.obstacle_at);
    CHECK(*result.obstacle_at >= 3000);
    CHECK(*result.obstacle_at < 3100);
    std::string const text = to_text(result);
    CHECK(text.starts_with("Highest rate that holds: at least 2,9"));
    CHECK(text.find("/s there was no verdict: held up\n") != text.npos);
}

TEST_CASE("A bottleneck below the capacity is told from hiccups", "[search][load]") {
    int found = 0;
    for (std::uint32_t seed = 1; seed <= searches_each; ++seed) {
        SearchResult const result =
            search(100, {.capacity = 5000, .bottleneck = 3000, .hiccups = 0.1}, seed);
        CHECK(result.verdict == LoadVerdict::none);
        CHECK(result.rate < 3000);
        found += result.rate > 2850 && result.obstacle_at.value_or(0) >= 3000 ? 1 : 0;
    }
    CHECK(found >= searches_each * 98 / 100);
}

TEST_CASE("A rate that held counts although the load tester was held up later", "[search][load]") {
    std::size_t ran = 0;
    SearchResult const result = search(100, [&](double rate) {
        bool const holds = ran++ < 4;
        return Trial{.rate = rate, .verdict = holds ? LoadVerdict::held : LoadVerdict::none};
    });
    CHECK(result.verdict == LoadVerdict::none);
    CHECK(result.rate == 800);
    CHECK(to_text(result).starts_with("Highest rate that holds: at least 800/s; at "));
}

TEST_CASE("A rate that held once, while less failed, does not count", "[search][load]") {
    RateSearch search(1000);
    for (LoadVerdict const verdict :
         {LoadVerdict::held, LoadVerdict::held, LoadVerdict::not_held, LoadVerdict::not_held}) {
        search.tell({.rate = *search.next(), .verdict = verdict});
    }
    CHECK(search.result().rate == 2000);
    search.tell({.rate = 500, .verdict = LoadVerdict::not_held});
    CHECK(search.result().rate == 2000);
    search.tell({.rate = 500, .verdict = LoadVerdict::not_held});
    CHECK(search.result().rate == 1000);
}

TEST_CASE("A bottleneck above the capacity does not matter", "[search][load]") {
    for (double const start : {100.0, 100'000.0}) {
        SearchResult const result = search(start, {.capacity = 5000, .bottleneck = 5500});
        CHECK(is_near(result, 5000, 0.01));
    }
}

TEST_CASE("A bottleneck at any rate leaves the capacity unknown", "[search][load]") {
    SearchResult const result = search(100, {.capacity = 5000, .bottleneck = 0});
    CHECK(result.verdict == LoadVerdict::none);
    CHECK(result.rate == 0);
    CHECK(to_text(result).starts_with(
        "Highest rate that holds: unknown, since at 1/s there was no verdict: held up\n"));
}

TEST_CASE("A search without an end ends", "[search][load]") {
    SearchResult const result = search(100, {.capacity = std::numeric_limits<double>::infinity()});
    CHECK(result.verdict == LoadVerdict::none);
    CHECK(result.trials.size() == RateSearch::most_trials);
    CHECK(
        to_text(result).starts_with("Highest rate that holds: at least 56,294,995,342,131,200/s; "
                                    "the search ended after 50 trials, too early to tell\n"));
}

TEST_CASE("A search that is broken off has no verdict", "[search][load]") {
    RateSearch search(100);
    search.tell({.rate = 100, .verdict = LoadVerdict::held});
    CHECK(search.result().verdict == LoadVerdict::none);
    CHECK(search.result().trials.size() == 1);
    CHECK(search.result().rate == 100);
    CHECK(to_text(RateSearch(100).result())
              .starts_with("Highest rate that holds: unknown, since the search ended after 0 "
                           "trials, too early to tell\n"));
}

TEST_CASE("A trial is judged by its report", "[search][load]") {
    Report report;
    report.planned = 1000;
    report.duration_s = 2;
    report.outcomes.count(Outcome::acked, 998);
    report.acked_in_time = report.outcomes[Outcome::acked];
    report.outcomes.count(Outcome::unsent, 2);
    report.latencies.response.record(std::chrono::milliseconds(1));
    Trial const trial = trial_of(500, report, std::nullopt);
    CHECK(trial.rate == 500);
    CHECK(trial.achieved == 499);
    CHECK(trial.p50_us == 1000);
    CHECK(trial.p99_us == 1000);
    CHECK(trial.failed == 2);
    CHECK(trial.verdict == LoadVerdict::not_held);
    CHECK_FALSE(trial_of(500, Report(), std::nullopt).p50_us);
    CHECK(trial.reason == "2 of 1,000 messages were not acked: 2 unsent");
}

TEST_CASE("No trial takes more than a line of 80 columns", "[search][load]") {
    Trial trial = {.rate = 10'000,
                   .achieved = 9'999,
                   .p50_us = 812,
                   .p99_us = 1'002'000,
                   .failed = 10'006,
                   .verdict = LoadVerdict::not_held,
                   .reason = "p99<100ms does not hold: p99 is 1.00s"};
    CHECK(to_text(trial).ends_with("  " + trial.reason + "\n"));
    CHECK(columns_of(to_text(trial)) <= 81);  // with its newline

    trial.reason = "p99<500µs does not hold: p99 is 1.02s; failed<1% does not hold: failed is 2%";
    CHECK(columns_of(to_text(trial)) == 81);
    CHECK(to_text(trial).find("  p99<500µs does not hold: p99") != std::string::npos);
    CHECK(to_text(trial).ends_with("…\n"));

    trial.reason.clear();
    for (int i = 0; i < 100; ++i) {
        trial.reason += "µ";
    }
    CHECK(columns_of(to_text(trial)) == 81);
    CHECK(to_text(trial).ends_with("µ…\n"));
}

TEST_CASE("A search is shown as a line for each trial, and then its result", "[search][load]") {
    CHECK(trials_heading() == "    asked  achieved    p50    p99 failed\n");
    CHECK(to_text(Trial{.rate = 1000, .achieved = 1000, .p50_us = 812, .p99_us = 1900}) ==
          "  1,000/s   1,000/s  812µs 1.90ms      0  held\n");
    CHECK(to_text(Trial{.rate = 2000,
                        .achieved = 1497.3,
                        .p50_us = 21'200,
                        .p99_us = 300'000,
                        .failed = 1006,
                        .verdict = LoadVerdict::not_held,
                        .reason = "p99<5ms does not hold: p99 is 300ms"}) ==
          "  2,000/s   1,497/s 21.2ms  300ms  1,006  p99<5ms does not hold: p99 is "
          "300ms\n");
    CHECK(to_text(SearchResult{.verdict = LoadVerdict::held,
                               .rate = 1501,
                               .range = SearchResult::Range{1480, 1522}}) ==
          "Highest rate that holds: 1,501/s (95% confidence: 1,480/s to 1,522/s)\n");
}

}  // namespace roger
