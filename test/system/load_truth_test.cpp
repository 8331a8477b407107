// Durations: what load measures of servers whose truth is known.
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/machine_watch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

constexpr double us_per_ms = 1000;

/// A hundred different delays, from 60 to 258 ms, mixed.
std::vector<Duration> hundred_delays() {
    std::vector<Duration> delays;
    delays.reserve(100);
    for (int i = 0; i < 100; ++i) {
        delays.emplace_back(60 + 2 * (i * 37 % 100));
    }
    return delays;
}

template <typename Time>
double percentile_us(std::vector<Time> const& sorted, double percent) {
    auto const rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()));
    return std::chrono::duration<double, std::micro>(sorted.at(static_cast<std::size_t>(rank) - 1))
        .count();
}

/// Each message of the run used each delay equally often. The server may be late, and the way to it
/// takes time: what load measured is never less than what was.
void check_delays(LoadResult const& result, std::string const& latency, LineServer const& server) {
    constexpr double bucket = 0.001;
    constexpr double tolerance = 0.02 * slowness;
    auto planned = hundred_delays();
    std::ranges::sort(planned);
    auto const held = server.held();
    for (double const percent : {25.0, 50.0, 90.0, 99.0}) {
        CAPTURE(latency, percent);
        double const measured = result.percentile(latency, percent);
        CHECK(measured >= percentile_us(planned, percent) * (1 - bucket));
        CHECK(measured >= percentile_us(held, percent) * (1 - bucket));
        CHECK(measured <= percentile_us(held, percent) * (1 + tolerance) + us_per_ms);
    }
    auto const& histogram = result.report.at("latencies").at(latency);
    CHECK(histogram.at("max_us").get<double>() >= percentile_us(held, 100));
    CHECK(histogram.at("p99_us").get<double>() >= result.percentile(latency, 99));
    CHECK(histogram.at("p99_us").get<double>() <=
          result.percentile(latency, 99) * (1 + bucket) + 1);
}

constexpr LineServer::Stall planted_stall{.length = 200ms, .every = 1000ms};

}  // namespace

TEST_CASE("A closed loop measures the delays of a server as service times",
          "[load][system][serial]") {
    MachineWatch watch;
    LineServer const server({.delays = hundred_delays()});
    auto const result = run_load({"--clients", "40", "--messages", "400", server.address()});
    CAPTURE(result.out, result.err);
    watch.need_quiet();
    result.need_figures();
    CHECK(result.exit == Exit::with(0));
    CHECK(result.planned() == 400);
    CHECK(result.outcome("acked") == 400);
    check_delays(result, "service", server);
    check_delays(result, "response", server);
}

TEST_CASE("An open loop that never queues measures the delays of a server as response times",
          "[load][system][serial]") {
    MachineWatch watch;
    LineServer const server({.delays = hundred_delays()});
    // Each client has a message every 400 ms, and no delay is as long.
    auto const result =
        run_load({"--clients", "100", "--rate", "250", "--messages", "400", server.address()});
    CAPTURE(result.out, result.err);
    watch.need_quiet();
    result.need_figures();
    CHECK(result.exit == Exit::with(0));
    CHECK(result.planned() == 400);
    CHECK(result.outcome("acked") == 400);
    check_delays(result, "service", server);
    check_delays(result, "response", server);
}

TEST_CASE("An open loop's response times tell of a stall as arithmetic says",
          "[load][system][serial]") {
    MachineWatch watch;
    LineServer const server({.stall = planted_stall});
    auto const result =
        run_load({"--clients", "20", "--rate", "1000", "--duration", "2s", server.address()});
    CAPTURE(result.out, result.err);
    watch.need_quiet();
    result.need_figures();
    CHECK(result.exit == Exit::with(0));
    CHECK(result.planned() == 2000);
    CHECK(result.outcome("acked") == 2000);
    // A fifth is planned during stalls, evenly, and each waits for the end of its own.
    constexpr double share = 0.2;
    constexpr double tolerance = 8 * us_per_ms * slowness;
    for (double const percent : {85.0, 90.0, 95.0, 99.0, 100.0}) {
        CAPTURE(percent);
        double const expected = 200 * us_per_ms * (1 - (1 - percent / 100) / share);
        CHECK(std::abs(result.percentile("response", percent) - expected) < tolerance);
    }
    CHECK(result.percentile("response", 75) < tolerance);
    // Of each client, one message was on its way in each stall: the others waited unsent.
    double const in_flight = result.count_above("service", 50 * us_per_ms);
    CHECK(in_flight >= 2 * 20 * 0.7);
    CHECK(in_flight <= 3 * 20);
    CHECK(result.percentile("service", 95) < tolerance);
}

TEST_CASE("A closed loop leaves out what it would have sent during a stall",
          "[load][system][serial]") {
    MachineWatch watch;
    LineServer const server({.delays = {2ms}, .stall = planted_stall});
    auto const result = run_load({"--clients", "1", "--duration", "1900ms", server.address()});
    CAPTURE(result.out, result.err);
    watch.need_quiet();
    result.need_figures();
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("acked") == result.planned());
    CHECK(result.planned() > 100);
    CHECK(result.planned() < 1900 / 2);
    // One message for each stall, however many would have come.
    CHECK(result.count_above("response", 100 * us_per_ms) == 2);
    CHECK(result.percentile("response", 99) < 20 * us_per_ms * slowness);
    double const longest = result.percentile("response", 100);
    CHECK(longest >= 190 * us_per_ms);
    CHECK(longest <= percentile_us(server.held(), 100) + 20 * us_per_ms * slowness);
}

TEST_CASE("Messages of the warm-up are not measured", "[load][system][serial]") {
    // Slow at first, fast from then on.
    std::vector<Duration> delays(12, 60ms);
    delays.insert(delays.end(), 40, 1ms);
    MachineWatch watch;
    LineServer const server({.delays = delays});
    auto const result = run_load({"--clients", "4", "--warmup", "300ms", "--rate", "40",
                                  "--duration", "1s", server.address()});
    CAPTURE(result.out, result.err);
    watch.need_quiet();
    result.need_figures();
    CHECK(result.exit == Exit::with(0));
    CHECK(server.messages() == 12 + 40);
    CHECK(result.planned() == 40);
    CHECK(result.outcome("acked") == 40);
    CHECK(result.percentile("response", 90) < 50 * us_per_ms);
}
