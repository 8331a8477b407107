// What axes span, and their round numbers.
#include "report/axis.hpp"

#include "program/units.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace roger {

namespace {

using Catch::Approx;
using Labels = std::vector<std::string>;

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

void check_equal(std::vector<double> const& got, std::vector<double> const& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i != got.size(); ++i) {
        CHECK(got[i] == Approx(expected[i]));
    }
}

Labels labels_of(Axis const& axis) {
    Labels labels;
    for (Tick const& tick : axis.ticks) {
        labels.push_back(tick.label);
    }
    return labels;
}

Labels major_labels_of(Axis axis) {
    std::erase_if(axis.ticks, [](Tick const& tick) { return tick.minor; });
    return labels_of(axis);
}

}  // namespace

TEST_CASE("Ticks are round, evenly apart, and reach what is to be shown", "[load]") {
    check_equal(round_ticks(20'029, 6), {0, 5000, 10'000, 15'000, 20'000, 25'000});
    check_equal(round_ticks(20'000, 6), {0, 5000, 10'000, 15'000, 20'000});
    check_equal(round_ticks(1, 3), {0, 0.5, 1});
    check_equal(round_ticks(0.3, 6), {0, 0.1, 0.2, 0.3});
    check_equal(round_ticks(137, 3), {0, 100, 200});
    check_equal(round_ticks(7, 2), {0, 10});
}

TEST_CASE("There are never more ticks than asked for, whatever is to be shown", "[load]") {
    for (double high = 1e-9; high < 1e21; high *= 1.37) {
        for (std::size_t most = 2; most != 12; ++most) {
            std::vector<double> const ticks = round_ticks(high, most);
            CAPTURE(high, most);
            CHECK(ticks.size() <= most);
            CHECK(ticks.size() >= 2);
            CHECK(ticks.back() >= high * 0.999'999);
        }
    }
}

TEST_CASE("An axis of nothing goes from 0 to 1", "[load]") {
    for (double const high : {0.0, -5.0, infinite, -infinite, no_number}) {
        Axis const linear = linear_axis(high, 3, rate_text);
        CHECK(labels_of(linear) == Labels{"0/s", "0.5/s", "1/s"});
        CHECK(linear.high == 1);
        CHECK(time_axis(high).high == 1);
    }
}

TEST_CASE("Round numbers enclose what is to be shown", "[load]") {
    check_equal(round_numbers(90, 1100), {50, 100, 200, 500, 1000, 2000});
    check_equal(round_numbers(100, 1000), {100, 200, 500, 1000});
    check_equal(round_numbers(100, 100), {100, 200});
    check_equal(round_numbers(1, 1), {1, 2});
    check_equal(round_numbers(0.03, 0.04), {0.02, 0.05});
}

TEST_CASE("A logarithmic axis has all round numbers if they are few, else powers of ten",
          "[load]") {
    CHECK(labels_of(logarithmic_axis(90, 1100, short_duration_text)) ==
          Labels{"50µs", "100µs", "200µs", "500µs", "1ms", "2ms"});
    CHECK(labels_of(logarithmic_axis(90, 1.1e6, short_duration_text)) ==
          Labels{"100µs", "1ms", "10ms", "100ms", "1s"});
}

TEST_CASE("Time has the ticks that people count it by, in one unit", "[load]") {
    CHECK(labels_of(time_axis(10)) ==
          Labels{"0", "1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s", "9s", "10s"});
    CHECK(labels_of(time_axis(60)) == Labels{"0", "10s", "20s", "30s", "40s", "50s", "60s"});
    CHECK(labels_of(time_axis(3600)) ==
          Labels{"0", "10min", "20min", "30min", "40min", "50min", "60min"});
    CHECK(labels_of(time_axis(7 * 3600.0)) ==
          Labels{"0", "1h", "2h", "3h", "4h", "5h", "6h", "7h"});
    CHECK(labels_of(time_axis(0.4)) ==
          Labels{"0", "50ms", "100ms", "150ms", "200ms", "250ms", "300ms", "350ms", "400ms"});
    CHECK(labels_of(time_axis(90 * 24 * 3600.0)).size() <= 11);
    CHECK(time_axis(9.7).high == 9.7);
    CHECK(major_labels_of(time_axis(10)) == Labels{"0", "2s", "4s", "6s", "8s", "10s"});
}

TEST_CASE("Each nine of a percentile is as far as the one before", "[load]") {
    CHECK(percentile_position(0) == Approx(0).margin(1e-12));
    CHECK(percentile_position(50) == Approx(0.301'03));
    CHECK(percentile_position(90) == Approx(1));
    CHECK(percentile_position(99) == Approx(2));
    CHECK(percentile_position(99.9) == Approx(3));
    CHECK(percentile_position(99.999) == Approx(5));
    for (double const percent : {0.0, 12.5, 50.0, 99.0, 99.99}) {
        CHECK(percentile_at(percentile_position(percent)) == Approx(percent));
    }
}

TEST_CASE("Percentiles are labelled where there is room", "[load]") {
    CHECK(labels_of(percentile_axis(5.3)) ==
          Labels{"0%", "50%", "90%", "99%", "99.9%", "99.99%", "99.999%"});
    CHECK(major_labels_of(percentile_axis(5.3)) == Labels{"0%", "99%", "99.99%"});
    CHECK(major_labels_of(percentile_axis(3)) == Labels{"0%", "90%", "99%", "99.9%"});
    CHECK(labels_of(percentile_axis(1)) == Labels{"0%", "50%", "90%"});
    CHECK(labels_of(percentile_axis(12)).size() < 8);
}

TEST_CASE("What lies beyond an axis is at its edge", "[load]") {
    Axis const linear{.low = 10, .high = 20};
    CHECK(linear.position(10) == 0);
    CHECK(linear.position(15) == 0.5);
    CHECK(linear.position(5) == 0);
    CHECK(linear.position(infinite) == 1);
    CHECK(linear.position(no_number) == 0);

    Axis const logarithmic{.scale = Axis::Scale::logarithmic, .low = 1, .high = 1e4};
    CHECK(logarithmic.position(100) == Approx(0.5));
    CHECK(logarithmic.position(1e5) == 1);
    CHECK(logarithmic.position(0) == 0);
    CHECK(logarithmic.position(-1) == 0);
    CHECK(logarithmic.position(infinite) == 1);
    CHECK(logarithmic.position(no_number) == 0);
}

}  // namespace roger
