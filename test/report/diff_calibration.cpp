// How often a comparison of simulated servers is right.
#include "report/diff.hpp"
#include "report/simulated_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace roger {

namespace {

std::vector<Report> reports_of(Behaviour const& behaviour, std::size_t intervals,
                               std::size_t reports, std::uint32_t seed) {
    std::vector<Report> several;
    for (std::size_t i = 0; i != reports; ++i) {
        several.push_back(
            SimulatedServer(behaviour, seed + static_cast<std::uint32_t>(i)).report(intervals));
    }
    return several;
}

struct Shape {
    std::size_t intervals = 30;
    std::size_t reports = 1;  ///< a side
    std::uint32_t pairs = 100;
};

/// The percentage of pairs of which `is_so`.
template <typename Predicate>
double percent_of_pairs(Behaviour const& before, Behaviour const& after, Shape const& shape,
                        Predicate is_so) {
    int count = 0;
    for (std::uint32_t pair = 0; pair != shape.pairs; ++pair) {
        std::uint32_t const seed = 1000 * pair;
        count += is_so(compare(reports_of(before, shape.intervals, shape.reports, seed),
                               reports_of(after, shape.intervals, shape.reports, seed + 500)))
                     ? 1
                     : 0;
    }
    return 100.0 * count / shape.pairs;
}

double percent_worse(Behaviour const& before, Behaviour const& after, Shape const& shape = {}) {
    return percent_of_pairs(before, after, shape, [](Difference const& difference) {
        return difference.judgement == Judgement::worse;
    });
}

double percent_no_worse(Behaviour const& before, Behaviour const& after, Shape const& shape = {}) {
    return percent_of_pairs(before, after, shape, [](Difference const& difference) {
        return difference.judgement == Judgement::no_worse;
    });
}

/// Of pairs of equals, those where a confidence interval is without 0.
double percent_wrong(Behaviour const& behaviour, Shape const& shape) {
    return percent_of_pairs(behaviour, behaviour, shape, [](Difference const& difference) {
        return std::ranges::any_of(difference.comparisons, [](Comparison const& comparison) {
            return comparison.change && (comparison.change->from > 0 || comparison.change->to < 0);
        });
    });
}

/// Of a thousand pairs of equals.
double percent_worse(Behaviour const& behaviour, std::size_t intervals) {
    return percent_worse(behaviour, behaviour, {.intervals = intervals, .pairs = 1000});
}

constexpr double moderate = 0.05;  ///< noise, as the standard deviation of a logarithm

/// Some 90 messages a second of a tenth of a millisecond: many such runs are simulated in a second.
constexpr Behaviour brief = {.median_us = 100, .clients = 0.01};

Behaviour brief_with(double drift, double likeness = 0) {
    Behaviour behaviour = brief;
    behaviour.drift = drift;
    behaviour.likeness = likeness;
    return behaviour;
}

}  // namespace

TEST_CASE("Equals are not called worse: independent noise", "[diff][load][sweep]") {
    CHECK(percent_worse(brief_with(0.1), 10) <= 5);
    CHECK(percent_wrong(brief_with(0.1), {.pairs = 1000}) <= 5);
}

TEST_CASE("Equals are not called worse: autocorrelated noise", "[diff][load][sweep]") {
    CHECK(percent_worse(brief_with(0.1, 0.5), 30) <= 5);
    CHECK(percent_worse(brief_with(0.1, 0.8), 30) <= 5);
    CHECK(percent_worse(brief_with(0.3, 0.8), 30) <= 5);
}

TEST_CASE("Equals are not called worse: noise with a heavy tail", "[diff][load][sweep]") {
    Behaviour heavy = brief_with(0.1);
    heavy.heavy_tail = true;
    CHECK(percent_worse(heavy, 30) <= 5);
    // So slow that a wait of a hundredth of the run is nothing rare.
    heavy.median_us = 50'000;
    heavy.spread = 1;
    heavy.clients = 2;
    CHECK(percent_worse(heavy, 30) <= 5);
}

TEST_CASE("Equals are not called worse: trends and spikes", "[diff][load][sweep]") {
    Behaviour behaviour = brief_with(0.1, 0.5);
    behaviour.trend = 4;
    CHECK(percent_worse(behaviour, 10) <= 5);
    behaviour.trend = 1;
    behaviour.spikes = 0.03;
    CHECK(percent_worse(behaviour, 30) <= 5);
}

TEST_CASE("Equals of several runs each are not called worse", "[diff][load][sweep]") {
    Behaviour restless = brief_with(moderate);
    restless.run_drift = 0.1;
    for (std::size_t const reports : {2U, 3U}) {
        Shape const shape = {.intervals = 8, .reports = reports, .pairs = 1000};
        CHECK(percent_worse(restless, restless, shape) <= 5);
    }
}

TEST_CASE("Equals that last are called no worse", "[diff][load][sweep]") {
    CHECK(percent_no_worse(Behaviour(), Behaviour()) >= 95);
}

TEST_CASE("A mean that is 10 % longer is found", "[diff][load][sweep]") {
    Behaviour const before = {.drift = moderate, .clients = 2};
    Behaviour after = before;
    after.median_us *= 1.1;
    CHECK(percent_worse(before, after) >= 90);
    CHECK(percent_worse(after, before, {.pairs = 20}) == 0);
}

TEST_CASE("A mean that is 10 % longer is found among several runs", "[diff][load][sweep]") {
    Behaviour before = brief_with(moderate);
    before.run_drift = 0.01;
    Behaviour after = before;
    after.median_us *= 1.1;
    CHECK(percent_worse(before, after, {.reports = 3}) >= 90);
}

TEST_CASE("A p99 that is 10 % longer is found", "[diff][load][sweep]") {
    Behaviour const before = {.drift = 0.03, .clients = 2};
    Behaviour after = before;
    after.tail = 1.1;
    CHECK(percent_worse(before, after) >= 90);
}

TEST_CASE("A stall of a second is found", "[diff][load][sweep]") {
    for (Behaviour const& before :
         {Behaviour{.drift = moderate, .rate = 2000}, Behaviour{.drift = moderate, .clients = 2}}) {
        Behaviour after = before;
        after.stall_s = 1;
        CHECK(percent_worse(before, after, {.pairs = 50}) >= 90);
        CHECK(percent_worse(after, after, {.pairs = 50}) <= 5);
    }
}

TEST_CASE("A slow-down of a fast server is found within microseconds", "[diff][load][sweep]") {
    Behaviour const before = {.median_us = 20, .spread = 0.2, .clients = 0.02};
    Behaviour after = before;
    after.median_us = 22;
    CHECK(percent_no_worse(before, before, {.intervals = 20}) >= 95);
    CHECK(percent_worse(before, after, {.intervals = 20}) >= 95);
}

TEST_CASE("A large slow-down is found through trends and spikes", "[diff][load][sweep]") {
    Behaviour before = {.median_us = 108,
                        .drift = 0.1,
                        .likeness = 0.6,
                        .trend = 4,
                        .spikes = 0.1,
                        .clients = 0.02};
    Behaviour after = before;
    after.median_us = 3940;
    after.clients = 0.7;
    CHECK(percent_worse(before, after, {.intervals = 10}) >= 95);
    before.trend = after.trend = 2;
    before.spikes = after.spikes = 0.05;
    after.median_us = 3 * before.median_us;
    after.clients = 3 * before.clients;
    CHECK(percent_worse(before, after) >= 90);
}

}  // namespace roger
