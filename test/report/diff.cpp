// Reports of simulated servers, and what changed from one to another.
#include "report/diff.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <string_view>

namespace roger {

using Catch::Approx;

namespace {

/// How a server responds. Times are distributed log-normally.
struct Behaviour {
    double median_us = 1000;
    double spread = 0.5;  ///< standard deviation of the times' logarithm
    double drift = 0.01;  ///< of the logarithm of an interval's median
    double likeness = 0;  ///< correlation of an interval's drift with the one before it
    double trend = 1;     ///< factor from the first interval's median to the last one's
    double spikes = 0;    ///< share of the intervals that are ten times as slow
    double failed_share = 0;
    std::size_t messages = 1000;  ///< in an interval
};

class Server {
public:
    Server(Behaviour const& behaviour, std::uint32_t seed)
        : behaviour_(behaviour), random_(seed), spikes_(behaviour.spikes) {}

    /// Of a closed loop with one client.
    Report report(std::size_t intervals) {
        Report report;
        double drift = normal_(random_);
        for (std::size_t i = 0; i < intervals; ++i) {
            double const likeness = behaviour_.likeness;
            drift = likeness * drift + std::sqrt(1 - likeness * likeness) * normal_(random_);
            double const elapsed = static_cast<double>(i) / static_cast<double>(intervals);
            double const spike = spikes_(random_) ? 10 : 1;
            report.intervals.push_back(interval(std::exp(drift * behaviour_.drift) * spike *
                                                std::pow(behaviour_.trend, elapsed)));
            report.intervals.back().begin_s = static_cast<double>(i);
        }
        return report;
    }

private:
    Interval interval(double slowness) {
        std::vector<std::int64_t> times;
        double sum = 0;
        for (std::size_t i = 0; i < behaviour_.messages; ++i) {
            double const us =
                behaviour_.median_us * slowness * std::exp(behaviour_.spread * normal_(random_));
            times.push_back(std::llround(us));
            sum += us;
        }
        std::ranges::sort(times);
        Interval interval;
        interval.length_s = 1;
        auto const messages = static_cast<double>(behaviour_.messages);
        interval.acked = static_cast<std::uint64_t>(messages / sum * 1e6);
        interval.failed = static_cast<std::uint64_t>(
            std::llround(static_cast<double>(interval.acked) * behaviour_.failed_share));
        for (std::int64_t const us : times) {
            if (interval.response.empty() || interval.response.back().value_us != us) {
                interval.response.push_back({us, 0});
            }
            ++interval.response.back().count;
        }
        return interval;
    }

    Behaviour behaviour_;
    std::mt19937 random_;
    std::normal_distribution<> normal_;
    std::bernoulli_distribution spikes_;
};

constexpr int runs = 100;

/// How many of `runs` pairs of reports are judged so.
int judged(Judgement judgement, std::size_t intervals, Behaviour const& before,
           Behaviour const& after) {
    int count = 0;
    for (std::uint32_t seed = 0; seed < runs; ++seed) {
        Difference const difference = compare(Server(before, 2 * seed).report(intervals),
                                              Server(after, 2 * seed + 1).report(intervals));
        count += difference.judgement == judgement ? 1 : 0;
    }
    return count;
}

Difference difference_between(Behaviour const& before, Behaviour const& after,
                              std::size_t intervals = 20) {
    return compare(Server(before, 1).report(intervals), Server(after, 2).report(intervals));
}

Comparison const& comparison_of(std::string_view figure, Difference const& difference) {
    return *std::ranges::find(difference.comparisons, figure, &Comparison::name);
}

bool has(Difference const& difference, std::string_view figure) {
    return std::ranges::count(difference.comparisons, figure, &Comparison::name) != 0;
}

Report as_asked(Report report, double asked, double achieved) {
    report.asked.rate = asked;
    report.duration_s = 1;
    report.fates.count(Fate::acked, static_cast<std::uint64_t>(achieved));
    report.acked_in_time = report.fates[Fate::acked];
    return report;
}

}  // namespace

TEST_CASE("A planted slow-down of 10 % is found", "[diff][load][sweep]") {
    for (std::size_t const intervals : {10U, 20U, 60U}) {
        Behaviour const before;
        CHECK(judged(Judgement::worse, intervals, before, {.median_us = 1100}) >= runs * 95 / 100);
    }
}

TEST_CASE("A planted slow-down is found in much noise after longer", "[diff][load][sweep]") {
    Behaviour const before = {.spread = 1, .drift = 0.03};
    Behaviour const slower = {.median_us = 1100, .spread = 1, .drift = 0.03};
    CHECK(judged(Judgement::worse, 30, before, slower) >= runs * 95 / 100);
}

TEST_CASE("Equal runs are not called worse", "[diff][load][sweep]") {
    for (std::size_t const intervals : {10U, 20U, 60U}) {
        CHECK(judged(Judgement::worse, intervals, {}, {}) <= runs * 2 / 100);
    }
    Behaviour const noisy = {.spread = 1, .drift = 0.05};
    CHECK(judged(Judgement::worse, 10, noisy, noisy) <= runs * 2 / 100);
}

TEST_CASE("Equal runs that last are called no worse", "[diff][load][sweep]") {
    CHECK(judged(Judgement::no_worse, 20, {}, {}) >= runs * 95 / 100);
}

TEST_CASE("Equal runs that drift slowly are not called worse", "[diff][load][sweep]") {
    Behaviour const drifting = {.drift = 0.03, .likeness = 0.6};
    CHECK(judged(Judgement::worse, 30, drifting, drifting) <= runs * 2 / 100);
}

TEST_CASE("Equal runs whose intervals resemble each other are not called worse",
          "[diff][load][sweep]") {
    Behaviour const alike = {.drift = 0.1, .likeness = 0.5, .messages = 200};
    for (std::size_t const intervals : {10U, 20U, 60U}) {
        CHECK(judged(Judgement::worse, intervals, alike, alike) <= runs * 3 / 100);
    }
    Behaviour const rising = {.drift = 0.1, .likeness = 0.5, .trend = 4, .messages = 200};
    CHECK(judged(Judgement::worse, 10, rising, rising) <= runs * 3 / 100);
}

TEST_CASE("A huge slow-down is found through trends and spikes", "[diff][load][sweep]") {
    Behaviour before = {.median_us = 108, .drift = 0.1, .likeness = 0.6, .messages = 200};
    before.trend = 4;
    before.spikes = 0.1;
    Behaviour after = before;
    after.median_us = 3940;
    CHECK(judged(Judgement::worse, 10, before, after) >= runs * 98 / 100);
}

TEST_CASE("A threefold slow-down is found through a trend, and through spikes in longer tests",
          "[diff][load][sweep]") {
    Behaviour before = {.median_us = 108, .drift = 0.1, .likeness = 0.6, .messages = 200};
    Behaviour after = before;
    before.trend = after.trend = 2;
    after.median_us *= 3;
    CHECK(judged(Judgement::worse, 10, before, after) >= runs * 98 / 100);
    before.spikes = after.spikes = 0.05;
    CHECK(judged(Judgement::worse, 30, before, after) >= runs * 95 / 100);
}

TEST_CASE("A change is a ratio, whichever way one looks at it", "[diff][load]") {
    Behaviour const wild = {.median_us = 100, .drift = 1.5, .messages = 200};
    Behaviour const slower = {.median_us = 300, .drift = 1.5, .messages = 200};
    Report const before = Server(wild, 1).report(10);
    Report const after = Server(slower, 2).report(10);
    Difference const there = compare(before, after);
    Difference const back = compare(after, before);
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
    CHECK(mean.change->most_likely == Approx((*mean.after / *mean.before - 1) * 100));
}

TEST_CASE("An interval without acks has no times, and half a message as its rate", "[diff][load]") {
    Report const before = Server({}, 1).report(10);
    Report after = before;
    after.intervals[4].acked = 0;
    after.intervals[4].response.clear();
    Difference const difference = compare(before, after);
    auto const before_stall = static_cast<double>(before.intervals[4].acked);
    CHECK(comparison_of("rate", difference).change->most_likely ==
          Approx((std::pow(0.5 / before_stall, 0.1) - 1) * 100));
    CHECK(comparison_of("rate", difference).judgement == Judgement::cannot_tell);
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

TEST_CASE("A slow-down of a fast server is found within microseconds", "[diff][load][sweep]") {
    Behaviour const before = {.median_us = 20, .spread = 0.2};
    CHECK(judged(Judgement::no_worse, 20, before, before) >= runs * 95 / 100);
    CHECK(judged(Judgement::worse, 20, before, {.median_us = 22, .spread = 0.2}) >=
          runs * 95 / 100);
}

TEST_CASE("More failures are worse", "[diff][load]") {
    Difference const difference = difference_between({}, {.failed_share = 0.01});
    CHECK(difference.judgement == Judgement::worse);
    CHECK(comparison_of("failed", difference).judgement == Judgement::worse);
    CHECK(comparison_of("mean", difference).judgement == Judgement::no_worse);
    CHECK(difference_between({.failed_share = 0.01}, {}).judgement == Judgement::no_worse);
}

TEST_CASE("Failures in one interval alone leave it open", "[diff][load]") {
    Report const before = Server({}, 1).report(20);
    Report after = Server({}, 2).report(20);
    after.intervals[7].failed = after.intervals[7].acked / 2;
    Difference const difference = compare(before, after);
    CHECK(comparison_of("failed", difference).judgement == Judgement::cannot_tell);
    CHECK(difference.judgement == Judgement::cannot_tell);
}

TEST_CASE("A p99 that is too noisy alone leaves nothing open", "[diff][load]") {
    Report before = Server({}, 1).report(30);
    Report after = Server({}, 2).report(30);
    for (Report* const report : {&before, &after}) {
        for (std::size_t i = 0; i < report->intervals.size(); i += 3) {
            report->intervals[i].response.push_back({5000, 10});
        }
    }
    Difference const difference = compare(before, after);
    CHECK(comparison_of("p99", difference).judgement == Judgement::cannot_tell);
    CHECK(difference.judgement == Judgement::no_worse);
    CHECK(to_text(difference).starts_with("No worse, as far as one can tell without p99\n"));
}

TEST_CASE("An interval with too few messages has no p99", "[diff][load]") {
    Difference const difference = difference_between({.messages = 99}, {.messages = 99}, 60);
    CHECK_FALSE(comparison_of("p99", difference).before);
    CHECK(comparison_of("p99", difference).judgement == Judgement::cannot_tell);
    CHECK(comparison_of("p50", difference).change);
}

TEST_CASE("The rate is judged unless it was asked for and achieved", "[diff][load]") {
    Report const before = Server({}, 1).report(20);
    Report const after = Server({}, 2).report(20);
    CHECK(has(compare(before, after), "rate"));
    CHECK_FALSE(has(compare(as_asked(before, 800, 799), as_asked(after, 800, 800)), "rate"));
    CHECK(has(compare(as_asked(before, 800, 799), as_asked(after, 800, 700)), "rate"));
}

TEST_CASE("Too few whole intervals tell nothing", "[diff][load]") {
    Report const before = Server({}, 1).report(10);
    Report after = Server({.median_us = 9000}, 2).report(5);
    CHECK(compare(before, after).judgement == Judgement::worse);

    after.intervals.back().length_s = 0.5;
    Difference const difference = compare(before, after);
    CHECK(difference.judgement == Judgement::cannot_tell);
    CHECK(to_text(difference)
              .starts_with("Cannot tell\n"
                           "Warning: the new report has 4 whole intervals, and 5 are needed: test "
                           "for longer\n"));
}

TEST_CASE("Reports of nothing tell nothing", "[diff][load]") {
    Difference const difference = compare({}, {});
    CHECK(difference.judgement == Judgement::cannot_tell);
    CHECK_FALSE(difference.is_comparable);
    CHECK_FALSE(to_text(difference).empty());
}

TEST_CASE("A server that has stopped answering is worse", "[diff][load]") {
    Report const before = Server({}, 1).report(10);
    Report after = Server({}, 2).report(10);
    for (Interval& interval : after.intervals) {
        interval.acked = 0;
        interval.failed = 100;
        interval.response.clear();
    }
    Difference const difference = compare(before, after);
    CHECK(difference.judgement == Judgement::worse);
    CHECK(to_text(difference).starts_with("Worse: failed, rate\n"));
    CHECK(comparison_of("rate", difference).after == 0.0);
    CHECK(comparison_of("rate", difference).change->from > -100);
    CHECK_FALSE(comparison_of("mean", difference).after);
}

TEST_CASE("A load tester that was the bottleneck tells nothing", "[diff][load]") {
    Report const before = Server({}, 1).report(10);
    Report after = Server({.median_us = 2000}, 2).report(10);
    after.generator.bottleneck = "its busiest thread took 99% of a processor";
    Difference const difference = compare(before, after);
    CHECK(difference.judgement == Judgement::cannot_tell);
    CHECK(difference.warnings ==
          std::vector<std::string>{"in the new report the load tester was the bottleneck: its "
                                   "busiest thread took 99% of a processor"});
}

TEST_CASE("Other settings are warned about", "[diff][load]") {
    Report before = Server({}, 1).report(20);
    Report after = Server({}, 2).report(20);
    before.settings = {{"clients", "100"}, {"rate", "5000"}, {"size", "10B"}};
    after.settings = {{"clients", "200"}, {"size", "10B"}, {"message", "a\nb"}};
    Difference const difference = compare(before, after);
    CHECK(difference.warnings ==
          std::vector<std::string>{
              "the tests were not the same, so their figures may not be comparable: clients 100, "
              "then 200; rate 5000, then (not given); message (not given), then a\\x0ab"});
    CHECK(difference.judgement == Judgement::no_worse);

    after.settings = before.settings;
    CHECK(compare(before, after).warnings.empty());
}

TEST_CASE("A difference is shown as a sentence and a table", "[diff][load]") {
    Difference const difference = {.judgement = Judgement::worse,
                                   .comparisons = {{.name = "p50",
                                                    .before = 812,
                                                    .after = 893.2,
                                                    .change = Comparison::Change{10, 8.04, 11.96},
                                                    .judgement = Judgement::worse},
                                                   {.name = "p99", .before = 2000},
                                                   {.name = "mean",
                                                    .before = 108,
                                                    .after = 3940,
                                                    .change = Comparison::Change{3548, 992.4, 7654},
                                                    .judgement = Judgement::worse},
                                                   {.name = "failed",
                                                    .unit = Comparison::Unit::share,
                                                    .before = 0,
                                                    .after = 0.0002,
                                                    .change = Comparison::Change{0.02, 0.01, 0.03},
                                                    .judgement = Judgement::no_worse},
                                                   {.name = "rate",
                                                    .unit = Comparison::Unit::per_second,
                                                    .before = 1000,
                                                    .after = 1100,
                                                    .change = Comparison::Change{10, 9, 11},
                                                    .judgement = Judgement::no_worse,
                                                    .better = true}},
                                   .warnings = {"something"},
                                   .is_comparable = true};
    CHECK(to_text(difference) ==
          "Worse: p50, mean\n"
          "Warning: something\n"
          "\n"
          "               old        new     change (95% confidence)\n"
          "p50          812µs      893µs     +10.0% (+8.0 to +12.0)    worse\n"
          "p99         2.00ms          -          -                    cannot tell\n"
          "mean         108µs     3.94ms     +3548% (+992.4 to +7654)  worse\n"
          "failed          0%      0.02%    +0.02pp (+0.01 to +0.03)   no worse\n"
          "rate       1,000/s    1,100/s     +10.0% (+9.0 to +11.0)    better\n");
}

}  // namespace roger
