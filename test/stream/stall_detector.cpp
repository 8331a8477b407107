// When a NATS server that answers is left.
#include "stream/stall_detector.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>

namespace roger::test {

TEST_CASE("A server through which nothing but failures come for some time has stalled",
          "[stream]") {
    using namespace std::chrono_literals;
    StallDetector::TimePoint const start;
    StallDetector detector(10s);
    CHECK_FALSE(detector.failed(start));
    CHECK_FALSE(detector.failed(start + 9s));
    CHECK(detector.failed(start + 10s));

    // A leader that is elected in time, and another one lost at once.
    detector.answered();
    CHECK_FALSE(detector.failed(start + 11s));
    CHECK_FALSE(detector.failed(start + 20s));
    CHECK(detector.failed(start + 21s));

    // Nobody asks for hours; then one answer is late.
    CHECK_FALSE(detector.failed(start + 3h));
}

}  // namespace roger::test
