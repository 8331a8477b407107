// Whether this machine leaves a test its processors.
#include "support/machine_watch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>

namespace roger::test {

using namespace std::chrono_literals;

MachineWatch::MachineWatch() : thread_([this](std::stop_token const& stop) { watch(stop); }) {}

void MachineWatch::watch(std::stop_token const& stop) {
    while (!stop.stop_requested()) {
        auto const due = std::chrono::steady_clock::now() + 2ms;
        std::this_thread::sleep_until(due);
        late_.push_back(std::chrono::steady_clock::now() - due);
    }
}

void MachineWatch::need_quiet(std::chrono::milliseconds most) {
    thread_.request_stop();
    thread_.join();
    auto const rank = late_.begin() + static_cast<std::ptrdiff_t>(late_.size() * 99 / 100);
    std::ranges::nth_element(late_, rank);
    if (rank == late_.end()) {
        return;
    }
    auto const longest = *std::max_element(rank, late_.end());
    if (*rank >= 1ms || longest >= most) {
        auto const in_ms = [](std::chrono::nanoseconds time) {
            return std::chrono::duration<double, std::milli>(time).count();
        };
        SKIP("this machine is too busy to measure on: sleeps of 2 ms ended late by "
             << in_ms(*rank) << " ms (p99), " << in_ms(longest) << " ms (longest)");
    }
}

}  // namespace roger::test
