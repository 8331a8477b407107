// Durations are counted to three digits, and nothing else happens to them.
#include "report/histogram.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>
#include <vector>

namespace roger {

namespace {

using Catch::Matchers::WithinRel;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr double three_digits = 0.001;

/// From about 10 µs to about 10 s, as many short ones as long ones.
std::vector<std::int64_t> random_durations_us(unsigned seed, std::size_t count) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> exponent(1, 7);
    std::vector<std::int64_t> durations(count);
    std::ranges::generate(durations, [&] { return std::llround(std::pow(10, exponent(random))); });
    return durations;
}

Histogram histogram_of(std::vector<std::int64_t> const& durations_us) {
    Histogram histogram;
    for (std::int64_t const us : durations_us) {
        histogram.record(microseconds(us));
    }
    return histogram;
}

Histogram recorded(nanoseconds duration) {
    Histogram histogram;
    histogram.record(duration);
    return histogram;
}

}  // namespace

TEST_CASE("A percentile is never a value that more than its share are above", "[load]") {
    // 2 of 160 are more than a hundredth, if the rank of p99 is 158.4.
    std::vector<std::int64_t> durations(158, 3'000);
    durations.insert(durations.end(), 2, 400'000);
    CHECK(histogram_of(durations).percentile_us(99) > 300'000);
    durations.insert(durations.begin(), 40, 3'000);
    CHECK(histogram_of(durations).percentile_us(99) < 4'000);
    CHECK(histogram_of(durations).percentile_us(99.5) > 300'000);
}

TEST_CASE("Percentiles are those of the sorted durations to three digits", "[load]") {
    for (unsigned const seed : {1U, 2U, 3U}) {
        std::vector<std::int64_t> durations = random_durations_us(seed, 10'000);
        Histogram const histogram = histogram_of(durations);
        std::ranges::sort(durations);
        for (double const percent : {1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
            CAPTURE(seed, percent);
            auto const rank = static_cast<std::size_t>(std::ceil(percent / 100 * 10'000 - 1e-6));
            CHECK_THAT(static_cast<double>(histogram.percentile_us(percent)),
                       WithinRel(static_cast<double>(durations[rank - 1]), three_digits));
        }
    }
}

TEST_CASE("Count, mean, deviation, least and greatest are those of the durations", "[load]") {
    std::vector<std::int64_t> const durations = random_durations_us(4, 5000);
    Histogram const histogram = histogram_of(durations);
    double sum = 0;
    double squares = 0;
    for (std::int64_t const us : durations) {
        sum += static_cast<double>(us);
        squares += static_cast<double>(us) * static_cast<double>(us);
    }
    double const mean = sum / 5000;
    auto const [least, greatest] = std::ranges::minmax(durations);
    CHECK(histogram.count() == 5000);
    CHECK_THAT(histogram.mean_us(), WithinRel(mean, three_digits));
    CHECK_THAT(histogram.standard_deviation_us(),
               WithinRel(std::sqrt(squares / 5000 - mean * mean), three_digits));
    CHECK_THAT(static_cast<double>(histogram.min_us()),
               WithinRel(static_cast<double>(least), three_digits));
    CHECK_THAT(static_cast<double>(histogram.max_us()),
               WithinRel(static_cast<double>(greatest), three_digits));
}

TEST_CASE("A histogram to which the buckets of another are added equals it", "[load]") {
    Histogram const histogram = histogram_of(random_durations_us(5, 5000));
    Histogram again;
    std::int64_t last_us = -1;
    for (Histogram::Bucket const& bucket : histogram.buckets()) {
        CHECK(bucket.value_us > last_us);
        last_us = bucket.value_us;
        again.add(bucket);
    }
    CHECK(again == histogram);
    CHECK(again.count() == 5000);
    CHECK(again.max_us() == histogram.max_us());
    CHECK(again.percentile_us(99) == histogram.percentile_us(99));
}

TEST_CASE("A histogram of two halves equals that of the whole", "[load]") {
    std::vector<std::int64_t> const durations = random_durations_us(6, 5000);
    auto const middle = durations.begin() + 2000;
    Histogram joined = histogram_of({durations.begin(), middle});
    CHECK(joined != histogram_of(durations));
    joined.add(histogram_of({middle, durations.end()}));
    CHECK(joined == histogram_of(durations));
}

TEST_CASE("A duration is rounded to the nearest microsecond", "[load]") {
    CHECK(recorded(nanoseconds(499)).max_us() == 0);
    CHECK(recorded(nanoseconds(500)).max_us() == 1);
    CHECK(recorded(nanoseconds(1499)).max_us() == 1);
    CHECK(recorded(nanoseconds(1500)).max_us() == 2);
}

TEST_CASE("A duration out of range counts as the nearest in it", "[load]") {
    CHECK(recorded(std::chrono::hours(2)) == recorded(std::chrono::hours(1)));
    CHECK_THAT(static_cast<double>(recorded(std::chrono::hours(2)).max_us()),
               WithinRel(3600e6, three_digits));
    CHECK(recorded(nanoseconds(-5'000'000)) == recorded(nanoseconds(0)));
    CHECK(recorded(nanoseconds(-5'000'000)).count() == 1);
}

TEST_CASE("Where nothing was recorded, every figure is 0", "[load]") {
    Histogram histogram = recorded(microseconds(5));
    histogram.clear();
    CHECK(histogram.empty());
    CHECK(histogram == Histogram());
    CHECK(histogram.buckets().empty());
    CHECK(histogram.mean_us() == 0);
    CHECK(histogram.standard_deviation_us() == 0);
    CHECK(histogram.min_us() == 0);
    CHECK(histogram.max_us() == 0);
    CHECK(histogram.percentile_us(99) == 0);
}

TEST_CASE("A copy is a histogram of its own", "[load]") {
    Histogram const original = recorded(microseconds(5));
    Histogram copy = original;
    copy.record(microseconds(7));
    CHECK(original.count() == 1);
    CHECK(copy.count() == 2);
    copy = original;
    CHECK(copy == original);
}

TEST_CASE("The percentile text has milliseconds, growing shares, and all of the count", "[load]") {
    Histogram const histogram = histogram_of(random_durations_us(7, 1000));
    std::istringstream text(histogram.percentile_text());
    std::string line;
    double last_ms = 0;
    double last_share = -1;
    std::int64_t total = 0;
    while (std::getline(text, line)) {
        std::istringstream row(line);
        double ms = 0;
        double share = 0;
        std::int64_t count = 0;
        if (row >> ms >> share >> count) {
            CHECK(ms >= last_ms);
            CHECK(share >= last_share);
            CHECK(count >= total);
            last_ms = ms;
            last_share = share;
            total = count;
        }
    }
    CHECK(total == 1000);
    CHECK(last_share == 1);
    CHECK_THAT(last_ms, WithinRel(static_cast<double>(histogram.max_us()) / 1000, three_digits));
}

}  // namespace roger
