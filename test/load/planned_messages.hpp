// The messages that a plan plans, all of them, in order.
#pragma once

#include "load/plan.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace roger::test {

using namespace std::chrono_literals;
using Moment = Clock::time_point;

/// A beginning that is no round number.
inline constexpr Moment begin{Clock::duration(1'234'567'890'123)};

struct Planned {
    Moment at;
    std::size_t client;
};

/// The messages that an open loop plans for one share's clients, in order; at most so many.
inline std::vector<Planned> play(LoadSettings const& settings, Shard share, Timeline timeline,
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
inline std::vector<Planned> play_all(LoadSettings const& settings, std::size_t shares,
                                     Timeline timeline) {
    std::vector<Planned> all;
    for (std::size_t index = 0; index < shares; ++index) {
        auto const part = play(settings, {.index = index, .of = shares}, timeline);
        all.insert(all.end(), part.begin(), part.end());
    }
    std::ranges::sort(all, {}, &Planned::at);
    return all;
}

inline Timeline from_begin(Clock::duration duration) {
    return {.go = begin, .begin = begin, .end = begin + duration};
}

/// As a run with those settings has it.
inline Timeline timeline_of(LoadSettings const& settings, Clock::duration warmup = 0s) {
    auto const length = planned_length(settings);
    return {.go = begin - warmup,
            .begin = begin,
            .end = length ? begin + *length : ClientSchedule::none};
}

inline Timeline without_end() {
    return {.go = begin, .begin = begin, .end = ClientSchedule::none};
}

inline LoadSettings open_loop(std::size_t clients, double rate,
                              Arrivals arrivals = Arrivals::even) {
    LoadSettings settings;
    settings.clients = clients;
    settings.rate = RateSchedule(rate);
    settings.arrivals = arrivals;
    return settings;
}

inline LoadSettings closed_loop(std::size_t clients, std::optional<std::uint64_t> messages) {
    LoadSettings settings;
    settings.clients = clients;
    settings.messages = messages;
    return settings;
}

inline std::size_t measured(std::vector<Planned> const& all) {
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [](Planned const& each) { return each.at >= begin; }));
}

}  // namespace roger::test
