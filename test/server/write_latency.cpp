// When a file is quick enough for an event loop.
#include "server/write_latency.hpp"

#include "support/deadline.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

#include <sched.h>

using roger::WriteLatency;
using roger::test::Deadline;
using namespace std::chrono_literals;

namespace {

/// Of this thread.
std::chrono::nanoseconds own_cpu_time() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Another thread has always something to do on the one processor that this thread may use.
class BusyProcessor {
public:
    BusyProcessor() {
        ::sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(::sched_getcpu(), &one);
        ::sched_setaffinity(0, sizeof one, &one);
        // It is bound to the same.
        other_ = std::thread([this] {
            while (!ended_) {
            }
        });
    }
    ~BusyProcessor() {
        ended_ = true;
        other_.join();
        ::sched_setaffinity(0, sizeof before_, &before_);
    }
    BusyProcessor(BusyProcessor const&) = delete;
    BusyProcessor& operator=(BusyProcessor const&) = delete;

private:
    cpu_set_t before_{};
    std::atomic<bool> ended_ = false;
    std::thread other_;
};

/// Makes a write of that length that mostly waits for a processor, and returns what it used of it.
std::chrono::nanoseconds write_without_processor(WriteLatency& latency) {
    auto const begin = own_cpu_time();
    latency.measure([] {
        auto const end = std::chrono::steady_clock::now() + WriteLatency::high;
        while (std::chrono::steady_clock::now() < end) {
            std::this_thread::yield();
        }
        return 0;
    });
    return own_cpu_time() - begin;
}

/// One write has been slow, and as many were quick since as it takes.
WriteLatency observing() {
    WriteLatency latency;
    latency.measure([] {
        std::this_thread::sleep_for(WriteLatency::high);
        return 0;
    });
    for (unsigned i = 0; i != WriteLatency::enough_quick_ones; ++i) {
        latency.add(1us);
    }
    return latency;
}

}  // namespace

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

TEST_CASE("The first slow write counts whatever made it slow", "[write-latency]") {
    BusyProcessor const busy;
    WriteLatency latency;
    write_without_processor(latency);
    CHECK_FALSE(latency.is_low());
}

TEST_CASE("A write is slow if it waits for something", "[write-latency]") {
    WriteLatency latency = observing();
    CHECK(latency.measure([] {
        std::this_thread::sleep_for(WriteLatency::high);
        return 42;
    }) == 42);
    CHECK_FALSE(latency.is_low());
}

TEST_CASE("A write is slow if it uses a processor all the time", "[write-latency]") {
    WriteLatency latency = observing();
    latency.measure([] {
        auto const end = own_cpu_time() + WriteLatency::high;
        while (own_cpu_time() < end) {
        }
        return 0;
    });
    CHECK_FALSE(latency.is_low());
}

TEST_CASE("A write is not slow if it lacks a processor", "[write-latency]") {
    BusyProcessor const busy;
    WriteLatency latency;
    std::chrono::nanoseconds used{};
    std::chrono::nanoseconds taken{};
    Deadline const deadline;
    // The system may let this thread go on instead of the other: that would be no lack. Or it may
    // stop it for so long that the observation is over.
    do {
        auto const begin = std::chrono::steady_clock::now();
        latency = observing();
        used = write_without_processor(latency);
        taken = std::chrono::steady_clock::now() - begin;
    } while ((used > WriteLatency::high / 2 || taken > WriteLatency::observation_time) &&
             !deadline.over());
    CHECK(latency.is_low());
}
