// An even spread of messages over time.
#include "load/plan.hpp"
#include "load/planned_messages.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace roger {

namespace {

using namespace std::chrono_literals;
using namespace test;

/// Message `index` of an even spread, in whole numbers: to the nearest nanosecond.
Moment even_moment(std::int64_t index, std::int64_t rate) {
    constexpr std::int64_t second = 1'000'000'000;
    return begin + std::chrono::seconds(index / rate) +
           std::chrono::nanoseconds((index % rate * second + rate / 2) / rate);
}

}  // namespace

TEST_CASE("An even spread plans every message once, whatever the threads", "[load]") {
    for (std::size_t const shares : {1U, 2U, 3U}) {
        for (std::size_t const clients : {3U, 7U, 10U}) {
            CAPTURE(shares, clients);
            constexpr std::int64_t rate = 130;
            auto const all = play_all(open_loop(clients, rate), shares, from_begin(10s));
            REQUIRE(all.size() == 10 * rate);
            for (std::size_t i = 0; i < all.size(); ++i) {
                auto const difference = all[i].at - even_moment(static_cast<std::int64_t>(i), rate);
                REQUIRE(std::chrono::abs(difference) <= 1ns);
                REQUIRE(all[i].client == i % clients);
            }
        }
    }
}

TEST_CASE("An even spread is exact after hours", "[load]") {
    constexpr std::int64_t rate = 7;
    constexpr std::int64_t hours = 30;
    Plan plan(open_loop(1, rate), {});
    plan.start(without_end());
    ClientSchedule schedule;
    plan.enter(schedule, 0);
    for (std::int64_t i = 0; i < rate * 3600 * hours; ++i) {
        REQUIRE(std::chrono::abs(schedule.next - even_moment(i, rate)) <= 1ns);
        plan.take(schedule, true);
    }
    CHECK(schedule.next - begin == std::chrono::hours(hours));
}

TEST_CASE("An even spread can be slower than one message in a run", "[load]") {
    auto const all = play_all(open_loop(3, 0.01), 2, from_begin(99s));
    REQUIRE(all.size() == 1);
    CHECK(all[0].at == begin);
    CHECK(play_all(open_loop(3, 0.01), 2, from_begin(101s)).size() == 2);
}

TEST_CASE("The warm-up of an even spread comes before the beginning, on the same grid", "[load]") {
    for (std::size_t const shares : {1U, 2U, 3U}) {
        for (std::size_t const clients : {4U, 7U, 50U}) {
            CAPTURE(shares, clients);
            constexpr std::int64_t rate = 10;
            auto settings = open_loop(clients, rate);
            settings.messages = 23;
            auto const all = play_all(settings, shares, timeline_of(settings, 1250ms));
            REQUIRE(measured(all) == 23);
            REQUIRE(all.size() == 23 + 12);
            for (std::size_t i = 0; i < all.size(); ++i) {
                auto const index = static_cast<std::int64_t>(i) - 12;
                REQUIRE(all[i].at == begin + index * 100ms);
                REQUIRE(all[i].client == (i + 12 * (clients - 1)) % clients);
            }
        }
    }
}

}  // namespace roger
