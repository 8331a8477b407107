// When a file is quick enough for an event loop.
#include "server/write_latency.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <thread>

using roger::WriteLatency;
using namespace std::chrono_literals;

TEST_CASE("After a slow write the latency is high until many were quick", "[write-latency]") {
    WriteLatency latency;
    CHECK(latency.is_low());
    latency.add(WriteLatency::high - 1us);
    CHECK(latency.is_low());
    latency.add(WriteLatency::high);
    CHECK_FALSE(latency.is_low());
    for (unsigned i = 1; i != WriteLatency::enough_quick_ones; ++i) {
        latency.add(1us);
        CHECK_FALSE(latency.is_low());
    }
    latency.add(1us);
    CHECK(latency.is_low());
}

TEST_CASE("One slow write among the quick ones restarts the count", "[write-latency]") {
    WriteLatency latency;
    latency.add(1h);
    for (unsigned i = 1; i != WriteLatency::enough_quick_ones; ++i) {
        latency.add(1us);
    }
    latency.add(WriteLatency::high);
    for (unsigned i = 1; i != WriteLatency::enough_quick_ones; ++i) {
        latency.add(1us);
    }
    CHECK_FALSE(latency.is_low());
}

TEST_CASE("A write is slow if it waits for something, and not if it lacks a processor",
          "[write-latency]") {
    WriteLatency latency;
    CHECK(latency.measure([] {
        auto const end = std::chrono::steady_clock::now() + WriteLatency::high;
        while (std::chrono::steady_clock::now() < end) {
        }
        return 42;
    }) == 42);
    CHECK(latency.is_low());
    latency.measure([] {
        std::this_thread::sleep_for(WriteLatency::high);
        return 0;
    });
    CHECK_FALSE(latency.is_low());
}
