// How many attempts to connect may hang.
#include "stream/attempt_pace.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace roger::test {

TEST_CASE("A server that answers no attempt to connect is not asked more and more often",
          "[stream]") {
    using namespace std::chrono_literals;
    CHECK(AttemptPace::allows_another(0, 0s));
    CHECK_FALSE(AttemptPace::allows_another(1, 9s));
    CHECK(AttemptPace::allows_another(1, 10s));

    // None of them ends, and a look is taken every second.
    std::size_t hanging = 0;
    std::chrono::seconds youngest = 0s;
    for (std::chrono::seconds time = 0s; time < 24h; time += 1s, youngest += 1s) {
        if (AttemptPace::allows_another(hanging, youngest)) {
            ++hanging;
            youngest = 0s;
        }
        // It may come back now.
        CHECK(youngest <= std::max(time / 2 + 10s, 10s));
        CHECK(youngest <= 1h);
    }
    CHECK(hanging <= 10 + 24);
}

}  // namespace roger::test
