// Which signal is a second one.
#include "net/stop_signals.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger {

using namespace std::chrono_literals;

TEST_CASE("A stop signal that repeats one within half a second is the same", "[net]") {
    StopSignals signals;
    Clock::time_point const start{1h};
    CHECK((signals.received(start) == StopRequest::drain));
    CHECK((signals.received(start) == StopRequest::same));
    CHECK((signals.received(start + 3us) == StopRequest::same));
    CHECK((signals.received(start + 499ms) == StopRequest::same));
    CHECK((signals.received(start + 500ms) == StopRequest::end_now));
    // A copy of the second, which is none of a third.
    CHECK((signals.received(start + 501ms) == StopRequest::same));
    CHECK((signals.received(start + 999ms) == StopRequest::same));
    CHECK((signals.received(start + 1000ms) == StopRequest::end_now));
}

TEST_CASE("A program that is slow to obey a stop signal takes no repetition for a second one",
          "[net]") {
    StopSignals signals;
    Clock::time_point const start{1h};
    CHECK((signals.received(start) == StopRequest::drain));
    signals.draining(start + 2s);
    CHECK((signals.received(start + 2s) == StopRequest::same));
    CHECK((signals.received(start + 2499ms) == StopRequest::same));
    CHECK((signals.received(start + 2500ms) == StopRequest::end_now));
}

}  // namespace roger
