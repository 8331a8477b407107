// Figures as reports show them.
#include "program/units.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger {

TEST_CASE("A duration has three digits and a unit of which it is less than a thousand", "[load]") {
    CHECK(duration_text(1240) == "1.24ms");
    CHECK(duration_text(1200) == "1.20ms");
    CHECK(duration_text(12'000) == "12.0ms");
    CHECK(duration_text(123'456) == "123ms");
    CHECK(duration_text(2.05e6) == "2.05s");
    CHECK(duration_text(60e6) == "60.0s");
    CHECK(duration_text(300e6) == "300s");
    CHECK(duration_text(1000e6) == "16.7min");
    CHECK(duration_text(3600e6) == "60.0min");
    CHECK(duration_text(24 * 3600e6) == "24.0h");
    CHECK(duration_text(1e4 * 3600e6) == "10000h");
}

TEST_CASE("Microseconds have no more digits than they were measured with", "[load]") {
    CHECK(duration_text(0) == "0µs");
    CHECK(duration_text(7) == "7µs");
    CHECK(duration_text(10) == "10µs");
    CHECK(duration_text(812) == "812µs");
    CHECK(duration_text(12.53) == "12.5µs");
    CHECK(duration_text(0.333) == "0.33µs");
}

TEST_CASE("A duration that rounds up to the next digit or unit has it", "[load]") {
    CHECK(duration_text(9.994) == "9.99µs");
    CHECK(duration_text(9.996) == "10µs");
    CHECK(duration_text(9996) == "10.0ms");
    CHECK(duration_text(99'940) == "99.9ms");
    CHECK(duration_text(99'960) == "100ms");
    CHECK(duration_text(999.4) == "999µs");
    CHECK(duration_text(999.6) == "1.00ms");
    CHECK(duration_text(999'600) == "1.00s");
    CHECK(duration_text(999.6e6) == "16.7min");
}

TEST_CASE("A short duration has no trailing zeros", "[load]") {
    CHECK(short_duration_text(0) == "0µs");
    CHECK(short_duration_text(1000) == "1ms");
    CHECK(short_duration_text(1500) == "1.5ms");
    CHECK(short_duration_text(10e6) == "10s");
    CHECK(short_duration_text(100e6) == "100s");
    CHECK(short_duration_text(1200e6) == "20min");
    CHECK(short_duration_text(1234) == "1.23ms");
}

TEST_CASE("A rate is whole where it is large", "[load]") {
    CHECK(rate_text(19'998.2) == "19,998/s");
    CHECK(rate_text(100) == "100/s");
    CHECK(rate_text(99.97) == "100/s");
    CHECK(rate_text(99.94) == "99.9/s");
    CHECK(rate_text(12.5) == "12.5/s");
    CHECK(rate_text(10) == "10/s");
    CHECK(rate_text(0.5) == "0.5/s");
    CHECK(rate_text(0) == "0/s");
}

TEST_CASE("A count is in groups of thousands", "[load]") {
    CHECK(count_text(0) == "0");
    CHECK(count_text(999) == "999");
    CHECK(count_text(1000) == "1,000");
    CHECK(count_text(199'980) == "199,980");
    CHECK(count_text(18'446'744'073'709'551'615U) == "18,446,744,073,709,551,615");
    CHECK(count_text(0, "client") == "0 clients");
    CHECK(count_text(1, "client") == "1 client");
    CHECK(count_text(1000, "client") == "1,000 clients");
}

TEST_CASE("A share is nothing or all only when it is exactly that", "[load]") {
    CHECK(share_text(0) == "0%");
    CHECK(share_text(1) == "100%");
    CHECK(share_text(0.125) == "12.5%");
    CHECK(share_text(0.5) == "50.0%");
    CHECK(share_text(0.0005) == "0.05%");
    CHECK(share_text(0.00001) == "0.001%");
    CHECK(share_text(199'978.0 / 199'980) == "99.999%");
    CHECK(share_text(1 - 1e-9) == "99.9999999%");
    CHECK(share_text(1.255) == "125.5%");
}

}  // namespace roger
