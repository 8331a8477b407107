// In a closed loop, clients say when.
#include "load/plan.hpp"
#include "load/planned_messages.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;
using namespace test;

}  // namespace

TEST_CASE("A client that thinks is planned later", "[load]") {
    auto settings = closed_loop(1, {});
    settings.think_time = Distribution::fixed(250);
    Plan plan(settings, {});
    plan.start(from_begin(10s));
    ClientSchedule schedule;
    plan.enter(schedule, 0);
    CHECK(schedule.next == begin);
    plan.take(schedule, false);
    plan.free(schedule, begin + 1s);
    CHECK(schedule.next == begin + 1250ms);
    settings.think_time = Distribution{.low = 100, .high = 300};
    Plan varied(settings, {});
    varied.start(without_end());
    varied.enter(schedule, 0);
    Clock::duration sum{0};
    for (int i = 0; i < 1000; ++i) {
        varied.take(schedule, false);
        varied.free(schedule, begin);
        CHECK(schedule.next >= begin + 100ms);
        CHECK(schedule.next <= begin + 300ms);
        sum += schedule.next - begin;
    }
    CHECK(std::chrono::abs(sum / 1000 - 200ms) < 10ms);
}

TEST_CASE("In a closed loop a message is planned when its client is free", "[load]") {
    Plan plan(closed_loop(1, {}), {});
    plan.start(from_begin(10s));
    ClientSchedule schedule;
    plan.enter(schedule, 0);
    CHECK(schedule.next == begin);
    plan.take(schedule, false);
    CHECK(schedule.next == ClientSchedule::none);
    plan.free(schedule, begin + 3s);
    CHECK(schedule.next == begin + 3s);
    // It is planned already.
    plan.free(schedule, begin + 4s);
    CHECK(schedule.next == begin + 3s);
}

TEST_CASE("In a closed loop a pipeline's messages are planned at the same moment", "[load]") {
    Plan plan(closed_loop(1, 4), {});
    plan.start(from_begin(10s));
    ClientSchedule schedule;
    plan.enter(schedule, 0);
    plan.take(schedule, true);
    CHECK(schedule.next == begin);
    plan.take(schedule, true);
    CHECK(schedule.next == begin);
    plan.take(schedule, false);
    CHECK(schedule.next == ClientSchedule::none);
    plan.free(schedule, begin + 1s);
    CHECK(schedule.next == begin + 1s);
    plan.take(schedule, true);
    CHECK(schedule.next == ClientSchedule::none);
}

TEST_CASE("A closed loop plans as many messages as were asked for", "[load]") {
    for (std::uint64_t const messages : {1U, 2U, 5U, 9U}) {
        for (std::size_t const shares : {1U, 2U, 3U}) {
            CAPTURE(messages, shares);
            std::uint64_t planned = 0;
            for (std::size_t index = 0; index < shares; ++index) {
                Plan plan(closed_loop(5, messages), {.index = index, .of = shares});
                plan.start(without_end());
                std::vector<ClientSchedule> schedules(5);
                for (std::size_t client = index; client < 5; client += shares) {
                    plan.enter(schedules[client], client);
                }
                for (int round = 0; round < 20; ++round) {
                    for (ClientSchedule& schedule : schedules) {
                        if (schedule.next != ClientSchedule::none) {
                            ++planned;
                            plan.take(schedule, false);
                            plan.free(schedule, begin + std::chrono::seconds(round));
                        }
                    }
                }
            }
            CHECK(planned == messages);
        }
    }
}

TEST_CASE("In a closed loop the messages of the warm-up are not counted", "[load]") {
    Plan plan(closed_loop(1, 2), {});
    plan.start({.go = begin - 1s, .begin = begin, .end = ClientSchedule::none});
    ClientSchedule schedule;
    plan.enter(schedule, 0);
    CHECK(schedule.next == begin - 1s);
    for (auto const moment : {begin - 900ms, begin - 1ns, begin, begin + 1s}) {
        plan.take(schedule, false);
        plan.free(schedule, moment);
        CHECK(schedule.next == moment);
    }
    plan.take(schedule, false);
    plan.free(schedule, begin + 2s);
    CHECK(schedule.next == ClientSchedule::none);
}

TEST_CASE("A closed loop plans nothing at its end or later", "[load]") {
    Plan plan(closed_loop(1, {}), {});
    plan.start(from_begin(10s));
    ClientSchedule schedule;
    plan.enter(schedule, 0);
    plan.take(schedule, false);
    plan.free(schedule, begin + 10s - 1ns);
    CHECK(schedule.next == begin + 10s - 1ns);
    plan.take(schedule, false);
    plan.free(schedule, begin + 10s);
    CHECK(schedule.next == ClientSchedule::none);
}

}  // namespace roger
