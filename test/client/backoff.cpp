// When to try again what has failed.
#include "client/backoff.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <vector>

using namespace std::chrono_literals;

namespace roger {

namespace {

using std::chrono::milliseconds;

ReconnectOptions delays(milliseconds initial, milliseconds longest) {
    ReconnectOptions options;
    options.initial_delay = initial;
    options.max_delay = longest;
    return options;
}

}  // namespace

TEST_CASE("The first attempt is made at once, and delays double up to the longest", "[backoff]") {
    Backoff backoff(delays(100ms, 1000ms));
    CHECK(backoff.next() == 0ms);
    for (milliseconds const whole : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        std::optional<milliseconds> const delay = backoff.next();
        REQUIRE(delay.has_value());
        CHECK(*delay >= whole / 2);
        CHECK(*delay <= whole);
    }
    backoff.reset();
    CHECK(backoff.next() == 0ms);
    std::optional<milliseconds> const again = backoff.next();
    CHECK((again >= 50ms && again <= 100ms));
}

TEST_CASE("Delays differ from client to client", "[backoff]") {
    Backoff one(delays(1h, 1h));
    Backoff other(delays(1h, 1h));
    std::vector<std::optional<milliseconds>> ones;
    std::vector<std::optional<milliseconds>> others;
    for (int attempt = 0; attempt < 5; ++attempt) {
        ones.push_back(one.next());
        others.push_back(other.next());
    }
    CHECK(ones != others);
}

TEST_CASE("Attempts in a row are bounded where that is asked for", "[backoff]") {
    ReconnectOptions options = delays(1ms, 1ms);
    options.attempts = 2;
    Backoff backoff(options);
    CHECK(backoff.next().has_value());
    CHECK(backoff.next().has_value());
    CHECK_FALSE(backoff.next().has_value());
    backoff.reset();
    CHECK(backoff.next().has_value());
}

TEST_CASE("No delay overflows, however long", "[backoff]") {
    Backoff backoff(delays(milliseconds::max() / 3, milliseconds::max()));
    backoff.next();
    for (int attempt = 0; attempt < 10; ++attempt) {
        CHECK(backoff.next() >= milliseconds::max() / 6 - 1ms);
    }
}

}  // namespace roger
