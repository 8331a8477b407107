// The line that shows how a test goes.
#include "load/live_line.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace roger {

namespace {

using namespace std::chrono_literals;

/// "2s of 4s  50 clients  2,000/s  p50 106µs  p99 310µs  0 failed", of 61 columns and 63 bytes.
std::string line_of(std::size_t columns) {
    LoadSettings settings;
    settings.duration = 4s;
    Interval const interval = {.begin_s = 1,
                               .length_s = 1,
                               .acked = 2000,
                               .clients = 50,
                               .response = {{106, 1900}, {310, 100}}};
    return progress_text("", settings, interval, columns);
}

}  // namespace

TEST_CASE("The live line is cut where the terminal ends, by columns", "[load]") {
    std::string const whole = "2s of 4s  50 clients  2,000/s  p50 106µs  p99 310µs  0 failed";
    CHECK(line_of(79) == whole);
    CHECK(line_of(61) == whole);
    CHECK(line_of(60) == "2s of 4s  50 clients  2,000/s  p50 106µs  p99 310µs  0 fail…");
    CHECK(line_of(40) == "2s of 4s  50 clients  2,000/s  p50 106µ…");
    CHECK(line_of(39) == "2s of 4s  50 clients  2,000/s  p50 106…");
}

TEST_CASE("The live line gives no percentile that too few acks can tell", "[load]") {
    LoadSettings const settings;
    Interval interval = {.begin_s = 1, .length_s = 1, .clients = 50, .response = {}};
    CHECK(progress_text("", settings, interval, 79) ==
          "2s of 10s  50 clients  0/s  p50 -  p99 -  0 failed");
    interval.acked = 99;
    interval.response = {{106, 99}};
    CHECK(progress_text("", settings, interval, 79) ==
          "2s of 10s  50 clients  99/s  p50 106µs  p99 -  0 failed");
}

TEST_CASE("The live line tells that nothing is measured yet", "[load]") {
    LoadSettings const settings;
    CHECK(progress_text("trying 1000/s: ", settings, std::nullopt, 79) ==
          "trying 1000/s: connecting");
    Interval const early = {.begin_s = -1, .length_s = 1, .response = {{106, 1}}};
    CHECK(progress_text("", settings, early, 79).starts_with("warming up  0 clients  0/s  p50"));
}

}  // namespace roger
