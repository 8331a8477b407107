// The moments of messages: all of them, once each, whoever they are divided among.
#include "load/plan.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <queue>
#include <utility>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;
using Moment = Clock::time_point;

/// A beginning that is no round number.
constexpr Moment begin{Clock::duration(1'234'567'890'123)};

struct Planned {
    Moment at;
    std::size_t client;
};

/// The messages that an open loop plans for one share's clients, in order; at most so many.
std::vector<Planned> play(LoadSettings const& settings, Shard share, Timeline timeline,
                          std::size_t most = 1'000'000) {
    Plan plan(settings, share);
    plan.start(timeline);
    std::vector<ClientSchedule> schedules(settings.clients);
    std::priority_queue<std::pair<Moment, std::size_t>, std::vector<std::pair<Moment, std::size_t>>,
                        std::greater<>>
        queue;
    auto const wait = [&](std::size_t client) {
        if (schedules[client].next != ClientSchedule::none) {
            queue.emplace(schedules[client].next, client);
        }
    };
    for (std::size_t client = share.index; client < settings.clients; client += share.of) {
        plan.enter(schedules[client], client);
        wait(client);
    }
    std::vector<Planned> all;
    while (!queue.empty() && all.size() < most) {
        auto const [at, client] = queue.top();
        queue.pop();
        all.push_back({at, client});
        plan.take(schedules[client], false);
        wait(client);
    }
    return all;
}

/// Of all shares, in order.
std::vector<Planned> play_all(LoadSettings const& settings, std::size_t shares, Timeline timeline) {
    std::vector<Planned> all;
    for (std::size_t index = 0; index < shares; ++index) {
        auto const part = play(settings, {.index = index, .of = shares}, timeline);
        all.insert(all.end(), part.begin(), part.end());
    }
    std::ranges::sort(all, {}, &Planned::at);
    return all;
}

/// Message `index` of an even spread, in whole numbers: to the nearest nanosecond.
Moment even_moment(std::int64_t index, std::int64_t rate) {
    constexpr std::int64_t second = 1'000'000'000;
    return begin + std::chrono::seconds(index / rate) +
           std::chrono::nanoseconds((index % rate * second + rate / 2) / rate);
}

Timeline from_begin(Clock::duration duration) {
    return {.go = begin, .begin = begin, .end = begin + duration};
}

/// As a run with those settings has it.
Timeline timeline_of(LoadSettings const& settings, Clock::duration warmup = 0s) {
    auto const length = planned_length(settings);
    return {.go = begin - warmup,
            .begin = begin,
            .end = length ? begin + *length : ClientSchedule::none};
}

Timeline without_end() {
    return {.go = begin, .begin = begin, .end = ClientSchedule::none};
}

LoadSettings open_loop(std::size_t clients, double rate, Arrivals arrivals = Arrivals::even) {
    LoadSettings settings;
    settings.clients = clients;
    settings.rate = RateSchedule(rate);
    settings.arrivals = arrivals;
    return settings;
}

LoadSettings closed_loop(std::size_t clients, std::optional<std::uint64_t> messages) {
    LoadSettings settings;
    settings.clients = clients;
    settings.messages = messages;
    return settings;
}

std::uint64_t sum_of_quotas(LoadSettings const& settings, std::size_t shares) {
    std::uint64_t sum = 0;
    for (std::size_t index = 0; index < shares; ++index) {
        sum += Plan(settings, {.index = index, .of = shares}).quota().value();
    }
    return sum;
}

std::size_t measured(std::vector<Planned> const& all) {
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [](Planned const& each) { return each.at >= begin; }));
}

/// Seconds from each to the next.
std::vector<double> gaps_of(std::vector<Planned> const& all) {
    std::vector<double> gaps;
    for (std::size_t i = 1; i < all.size(); ++i) {
        gaps.push_back(std::chrono::duration<double>(all[i].at - all[i - 1].at).count());
    }
    return gaps;
}

/// The largest difference of the gaps' distribution to that of independent arrivals
/// (Kolmogorov and Smirnov's), times the root of their number: above 1.95 once in a thousand.
double distance_from_exponential(std::vector<double> gaps, double rate) {
    std::ranges::sort(gaps);
    auto const count = static_cast<double>(gaps.size());
    double most = 0;
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        double const expected = 1 - std::exp(-rate * gaps[i]);
        most = std::max({most, expected - static_cast<double>(i) / count,
                         static_cast<double>(i + 1) / count - expected});
    }
    return most * std::sqrt(count);
}

}  // namespace

TEST_CASE("A share is dealt its part, and the parts are the whole", "[load]") {
    CHECK(Shard{.index = 0, .of = 3}.part(7) == 3);
    CHECK(Shard{.index = 1, .of = 3}.part(7) == 2);
    CHECK(Shard{.index = 2, .of = 3}.part(7) == 2);
    CHECK(Shard{.index = 2, .of = 3}.part(2) == 0);
    CHECK(Shard{}.part(7) == 7);
}

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

TEST_CASE("Poisson arrivals have the rate asked for and exponential gaps", "[load]") {
    constexpr double rate = 200;
    for (std::size_t const clients : {1U, 10U}) {
        CAPTURE(clients);
        auto const all = play_all(open_loop(clients, rate, Arrivals::poisson), 1, from_begin(100s));
        CHECK(std::abs(static_cast<double>(all.size()) - 100 * rate) < 3 * std::sqrt(100 * rate));
        CHECK(distance_from_exponential(gaps_of(all), rate) < 1.95);

        std::map<std::size_t, std::vector<Planned>> by_client;
        for (Planned const& each : all) {
            by_client[each.client].push_back(each);
        }
        REQUIRE(by_client.size() == clients);
        for (auto const& [client, messages] : by_client) {
            CHECK(distance_from_exponential(gaps_of(messages),
                                            rate / static_cast<double>(clients)) < 1.95);
        }
    }
}

TEST_CASE("Threads do not repeat each other's Poisson arrivals", "[load]") {
    auto const settings = open_loop(6, 300, Arrivals::poisson);
    auto const all = play_all(settings, 3, from_begin(20s));
    CHECK(std::abs(static_cast<double>(all.size()) - 6000) < 3 * std::sqrt(6000));
    CHECK(std::ranges::adjacent_find(all, {}, &Planned::at) == all.end());
    CHECK(distance_from_exponential(gaps_of(all), 300) < 1.95);
}

TEST_CASE("So many Poisson arrivals take as long as their rate says", "[load]") {
    // Arrivals of which it is known how many there are in a time are spread over it evenly.
    for (std::size_t const clients : {1U, 7U, 100U}) {
        CAPTURE(clients);
        auto settings = open_loop(clients, 100, Arrivals::poisson);
        settings.messages = 5000;
        auto const all = play_all(settings, 2, timeline_of(settings));
        REQUIRE(all.size() == 5000);
        CHECK(all.back().at < begin + 50s);
        CHECK(all.back().at > begin + 49s);
        CHECK(distance_from_exponential(gaps_of(all), 100) < 1.95);
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

TEST_CASE("Poisson arrivals of the warm-up are not counted", "[load]") {
    auto settings = open_loop(4, 1000, Arrivals::poisson);
    settings.messages = 30;
    auto const all = play_all(settings, 2, timeline_of(settings, 1s));
    CHECK(measured(all) == 30);
    CHECK(std::abs(static_cast<double>(all.size()) - 1030) < 3 * std::sqrt(1000));
    CHECK(all.front().at >= begin - 1s);
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
