// The moments of messages: all of them, once each, whoever they are divided among.
#include "load/plan.hpp"

#include "load/planned_messages.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;
using namespace test;

std::uint64_t sum_of_quotas(LoadSettings const& settings, std::size_t shares) {
    std::uint64_t sum = 0;
    for (std::size_t index = 0; index < shares; ++index) {
        sum += Plan(settings, {.index = index, .of = shares}).quota().value();
    }
    return sum;
}

}  // namespace

TEST_CASE("A share is dealt its part, and the parts are the whole", "[load]") {
    CHECK(Shard{.index = 0, .of = 3}.part(7) == 3);
    CHECK(Shard{.index = 1, .of = 3}.part(7) == 2);
    CHECK(Shard{.index = 2, .of = 3}.part(7) == 2);
    CHECK(Shard{.index = 2, .of = 3}.part(2) == 0);
    CHECK(Shard{}.part(7) == 7);
}

TEST_CASE("The shares' quotas of messages are the messages asked for", "[load]") {
    CHECK_FALSE(Plan(closed_loop(7, {}), {}).quota());
    for (std::size_t const shares : {1U, 2U, 3U, 7U}) {
        for (std::uint64_t const messages : {1U, 2U, 6U, 7U, 8U, 100U}) {
            CAPTURE(shares, messages);
            CHECK(sum_of_quotas(closed_loop(7, messages), shares) == messages);
        }
    }
    // An open loop ends by time, though its messages be counted.
    auto settings = open_loop(7, 100);
    settings.messages = 50;
    CHECK_FALSE(Plan(settings, {}).quota());
    CHECK(planned_length(settings) == 500ms);
}

TEST_CASE("An open loop plans as many messages as were asked for", "[load]") {
    for (Arrivals const arrivals : {Arrivals::even, Arrivals::poisson}) {
        for (std::uint64_t const messages : {1U, 3U, 5U, 17U}) {
            auto settings = open_loop(5, 1000, arrivals);
            settings.messages = messages;
            for (std::size_t const shares : {1U, 2U, 3U}) {
                CAPTURE(messages, shares);
                std::size_t sum = 0;
                for (std::size_t index = 0; index < shares; ++index) {
                    Shard const share{.index = index, .of = shares};
                    sum += play(settings, share, timeline_of(settings)).size();
                }
                CHECK(sum == messages);
            }
        }
    }
}

TEST_CASE("A schedule is the same in every run, however many threads there are", "[load]") {
    auto const moments = [](LoadSettings const& settings, std::size_t shares) {
        std::vector<Moment> all;
        for (Planned const& each : play_all(settings, shares, timeline_of(settings, 500ms))) {
            all.push_back(each.at);
        }
        return all;
    };
    auto settings = open_loop(12, 500, Arrivals::poisson);
    for (bool const by_number : {false, true}) {
        settings.duration = 2000ms;
        settings.messages = by_number ? std::optional<std::uint64_t>(1000) : std::nullopt;
        auto const all = moments(settings, 1);
        CHECK(all == moments(settings, 1));
        CHECK(all == moments(settings, 3));
        auto other = settings;
        other.seed = 2;
        CHECK(all != moments(other, 1));
    }
}

TEST_CASE("Stages plan what their rates say", "[load]") {
    for (Arrivals const arrivals : {Arrivals::even, Arrivals::poisson}) {
        auto settings = open_loop(7, 1, arrivals);
        settings.rate = RateSchedule::parse("100:10s,1000:10s,100-1000:10s");
        settings.duration = std::chrono::milliseconds(30'000);
        auto const all = play_all(settings, 2, timeline_of(settings));
        double const tolerance = arrivals == Arrivals::even ? 0 : 3.5 * std::sqrt(10'000);
        for (auto const& [until, expected] :
             {std::pair(10s, 1000.0), {20s, 11'000.0}, {25s, 12'625.0}, {30s, 16'500.0}}) {
            auto const planned = std::ranges::count_if(
                all, [&, end = begin + until](Planned const& each) { return each.at < end; });
            CHECK(std::abs(static_cast<double>(planned) - expected) <= tolerance);
        }
    }
}

TEST_CASE("Without an end, an open loop goes on until it is told to end", "[load]") {
    for (Arrivals const arrivals : {Arrivals::even, Arrivals::poisson}) {
        Plan plan(open_loop(1, 1000, arrivals), {});
        plan.start(without_end());
        ClientSchedule schedule;
        plan.enter(schedule, 0);
        for (int i = 0; i < 5000; ++i) {
            plan.take(schedule, true);
        }
        REQUIRE(schedule.next != ClientSchedule::none);
        plan.end(schedule.next);
        CHECK(plan.timeline().end == schedule.next);
        plan.take(schedule, true);
        CHECK(schedule.next == ClientSchedule::none);
        plan.free(schedule, begin + 1h);
        CHECK(schedule.next == ClientSchedule::none);
    }
}

TEST_CASE("The end of a plan only ever comes closer", "[load]") {
    Plan plan(closed_loop(1, {}), {});
    plan.start(from_begin(10s));
    plan.end(begin + 20s);
    CHECK(plan.timeline().end == begin + 10s);
    plan.end(begin + 5s);
    CHECK(plan.timeline().end == begin + 5s);
}

TEST_CASE("What is given up at once is what would have been taken one by one", "[load]") {
    auto const stages = RateSchedule::parse("100-5000:300ms,10:200ms,3000:500ms");
    for (auto const& rate : {RateSchedule(0.5), RateSchedule(997), RateSchedule(1e6), stages}) {
        for (auto const arrivals : {Arrivals::even, Arrivals::poisson}) {
            for (std::optional<std::uint64_t> const messages :
                 {std::optional<std::uint64_t>(), {500}}) {
                LoadSettings settings;
                settings.clients = 7;
                settings.rate = rate;
                settings.arrivals = arrivals;
                settings.messages = messages;
                Plan plan(settings, {});
                plan.start({begin - 100ms, begin, begin + 20ms});
                for (auto const until :
                     {begin - 200ms, begin - 50ms, begin, begin + 1ms, begin + 20ms, begin + 1h}) {
                    CAPTURE(rate.text(), messages, (until - begin).count());
                    ClientSchedule schedule;
                    plan.enter(schedule, 3);
                    ClientSchedule one_by_one = schedule;
                    std::uint64_t measured = 0;
                    while (one_by_one.next < until) {
                        measured += one_by_one.next >= begin ? 1 : 0;
                        plan.take(one_by_one, false);
                    }
                    CHECK(plan.give_up(schedule, until) == measured);
                    CHECK((schedule.next == one_by_one.next));
                    CHECK(schedule.index == one_by_one.index);
                }
            }
        }
    }
}

TEST_CASE("A backlog of any length is given up at once", "[load]") {
    LoadSettings settings;
    settings.clients = 1;
    settings.rate = RateSchedule(1e9);
    Plan plan(settings, {});
    constexpr Moment end = begin + 24h;
    plan.start({begin, begin, end});
    ClientSchedule schedule;
    plan.enter(schedule, 0);
    // One by one, it would take days.
    CHECK(plan.give_up(schedule, end) == 86'400'000'000'000);
    CHECK((schedule.next == ClientSchedule::none));
}

}  // namespace roger
