// A load test of a server that works on a few messages at a time, in virtual time.
#pragma once

#include "load/queue_growth.hpp"
#include "report/report.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace roger::test {

/// How long the server works on a message, in seconds, by when it begins.
using WorkTime = std::function<double(double at_s)>;

struct SimulatedTest {
    double rate = 0;  ///< messages a second, evenly spread
    double duration_s = 2;
    WorkTime work = {};
    std::size_t servers = 1;          ///< messages that are worked on at once
    double way_s = 0;                 ///< from the server's end of a message to its answer
    std::size_t clients = 1'000'000;  ///< message i is client i mod N's
    double grace_s = 0.02;            ///< after the end, in which messages are still sent
    std::size_t intervals = 10;
};

struct Simulated {
    Report report;
    std::optional<QueueGrowth> growth;
};

/// What load reports of it. The load tester adds nothing of its own.
inline Simulated play(SimulatedTest const& test) {
    Report report;
    ResponseTrend trend;
    auto const ns = [](double seconds) {
        return std::chrono::nanoseconds(std::llround(seconds * 1e9));
    };
    auto const moment = [ns](double seconds) { return Clock::time_point(ns(seconds)); };
    trend.measure(moment(0), moment(test.duration_s));
    report.asked.clients = test.clients;
    report.asked.rate = test.rate;
    report.asked.duration_s = test.duration_s;
    report.duration_s = test.duration_s;
    report.connections = test.clients;
    double const length_s = test.duration_s / static_cast<double>(test.intervals);
    std::vector<std::map<std::int64_t, std::int64_t>> responses_us(test.intervals);
    std::vector<double> free_at(std::min<std::size_t>(test.clients, 10'000), 0);
    std::vector<double> server_free_at(test.servers, 0);  // a heap: the soonest comes first
    auto const count = static_cast<std::size_t>(std::ceil(test.rate * test.duration_s));
    for (std::size_t i = 0; i < count; ++i) {
        double const planned = static_cast<double>(i) / test.rate;
        double& client = free_at[i % free_at.size()];
        double const sent = std::max(planned, client);
        ++report.planned;
        if (sent > test.duration_s + test.grace_s) {
            report.outcomes.count(Outcome::unsent);
            continue;
        }
        std::ranges::pop_heap(server_free_at, std::greater());
        double const begun = std::max(sent, server_free_at.back());
        double const done = server_free_at.back() = begun + test.work(begun);
        std::ranges::push_heap(server_free_at, std::greater());
        double const acked = client = done + test.way_s;
        report.outcomes.count(Outcome::acked);
        trend.record(moment(planned), ns(acked - planned));
        report.latencies.response.record(ns(acked - planned));
        report.latencies.service.record(ns(acked - sent));
        if (acked < test.duration_s) {
            ++report.acked_in_time;
            auto const interval = static_cast<std::size_t>(acked / length_s);
            ++responses_us[std::min(interval, test.intervals - 1)]
                          [std::llround((acked - planned) * 1e6)];
        }
    }
    report.acked_but_for_delay = report.acked_in_time;
    report.lower_bounds = report.latencies;
    for (std::size_t i = 0; i < test.intervals; ++i) {
        Interval interval = {.begin_s = length_s * static_cast<double>(i),
                             .length_s = length_s,
                             .acked = 0,
                             .failed = 0,
                             .clients = test.clients,
                             .response = {}};
        for (auto const& [value_us, messages] : responses_us[i]) {
            interval.acked += static_cast<std::uint64_t>(messages);
            interval.response.push_back({.value_us = value_us, .count = messages});
        }
        report.intervals.push_back(std::move(interval));
    }
    return {.report = std::move(report), .growth = trend.growth()};
}

}  // namespace roger::test
