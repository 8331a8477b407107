// Rates over time: what is planned by when, and how that is written.
#include "load/rate_schedule.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;

bool is_about(double left, double right) {
    return std::abs(left - right) <= 1e-6 * std::max(1.0, std::abs(right));
}

std::string rate_error(std::string_view text) {
    try {
        RateSchedule::parse(text);
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return "no mistake";
}

}  // namespace

TEST_CASE("One rate has no end, and began long ago", "[load]") {
    RateSchedule const rate(250);
    CHECK(rate.when(0) == 0s);
    CHECK(rate.when(500) == 2s);
    CHECK(rate.when(-250) == -1s);
    CHECK(rate.planned_by(4s) == 1000);
    CHECK(rate.planned_by(-2s) == -500);
    CHECK(rate.mean() == 250);
    CHECK(rate.highest() == 250);
    CHECK_FALSE(rate.length());
}

TEST_CASE("A message after the clock's end is planned for its end", "[load]") {
    CHECK(RateSchedule(0.001).when(3.7e6) == 3'700'000'000s);
    CHECK(RateSchedule(0.001).when(3.7e7) == Clock::duration::max());
}

TEST_CASE("Stages follow each other, and then there is nothing", "[load]") {
    RateSchedule const rate = RateSchedule::parse("1000:10s,5000:30s");
    CHECK(rate.length() == 40s);
    CHECK(rate.planned_by(10s) == 10'000);
    CHECK(rate.planned_by(11s) == 15'000);
    CHECK(rate.planned_by(40s) == 160'000);
    CHECK(rate.planned_by(50s) == 160'000);
    CHECK(rate.when(9'999) == 9'999ms);
    CHECK(rate.when(10'000) == 10s);
    CHECK(rate.when(15'000) == 11s);
    CHECK(rate.when(160'000) == Clock::duration::max());
    CHECK(rate.when(-1000) == -1s);
    CHECK(rate.mean() == 4000);
}

TEST_CASE("A ramp's rate changes evenly", "[load]") {
    RateSchedule const rate = RateSchedule::parse("0.5k-2k:10s,2000-500:2s");
    // 500 t + 75 t²
    CHECK(is_about(rate.planned_by(4s), 3200));
    CHECK(is_about(rate.planned_by(10s), 12'500));
    CHECK(is_about(rate.planned_by(12s), 15'000));
    CHECK(is_about(rate.planned_by(11s), 12'500 + 2000 - 375));
}

TEST_CASE("When so many are planned, so many are planned by then", "[load]") {
    for (std::string_view const text :
         {"130", "0.01", "1000:1s,10:3s", "10-1000:5s", "1000-1:5s,1-1:1s,1-3000:2s"}) {
        RateSchedule const rate = RateSchedule::parse(text);
        auto last = Clock::duration::min();
        for (double messages = -10; messages < 2000; messages += 0.7) {
            auto const when = rate.when(messages);
            if (when == Clock::duration::max()) {
                CHECK(messages >= rate.planned_by(*rate.length()));
                break;
            }
            REQUIRE(when >= last);
            REQUIRE(std::abs(rate.planned_by(when) - messages) < 1e-4);
            last = when;
        }
    }
}

TEST_CASE("A schedule is told as it was asked for", "[load]") {
    for (std::string_view const text : {"1000", "0.5", "1000:10s,5000:30s", "1-2500:1min"}) {
        CHECK(RateSchedule::parse(text).text() == text);
        CHECK(RateSchedule::parse(RateSchedule::parse(text).text()) == RateSchedule::parse(text));
    }
    CHECK(RateSchedule::parse("10k").text() == "10000");
    CHECK(RateSchedule::parse("1.5M:1s").text() == "1500000:1s");
}

TEST_CASE("A wrong rate is a sentence with the remedy", "[load]") {
    for (std::string_view const text : {"", "fast", "0", "-5", "1e3", "10q", "1001M", "nan", "k"}) {
        CAPTURE(text);
        CHECK(rate_error(text).find(
                  "is no rate: write messages a second, from 0.001 to 1000M, as in 1000 or 10k") !=
              std::string::npos);
    }
    CHECK(rate_error("1000:10s,500").starts_with("'500' is no rate: a stage has a length, as in"));
    CHECK(rate_error("1000-5000") ==
          "'1000-5000' is no rate: a ramp has a length, as in 1000-5000:10s");
    CHECK(rate_error("1k:10s,500").ends_with("as in 500:10s"));
    CHECK(rate_error("1000-fast").starts_with("'fast' is no rate: write messages a second"));
    CHECK(rate_error("1000:10").ends_with("10min or 10h"));
    CHECK(rate_error("1000:none").starts_with("'1000:none' is no rate: a stage has a length"));
    CHECK(rate_error("1000:10").starts_with("'10' has no unit"));
    CHECK(rate_error("1000-:10s").starts_with("'' is no rate"));
    CHECK(rate_error(",").starts_with("'' is no rate"));
}

}  // namespace roger
