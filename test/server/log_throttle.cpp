// How much of what repeats is logged.
#include "server/log_throttle.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>

namespace roger {

using namespace std::chrono_literals;

TEST_CASE("What repeats is logged once a second, and what is rare each time", "[server]") {
    LogThrottle throttle;
    Clock::time_point const start{1h};
    CHECK(throttle.lets_through(start));
    CHECK_FALSE(throttle.lets_through(start));
    CHECK_FALSE(throttle.lets_through(start + 999ms));
    CHECK(throttle.lets_through(start + 1s));
    CHECK_FALSE(throttle.lets_through(start + 1999ms));
    CHECK(throttle.lets_through(start + 10s));
}

}  // namespace roger
