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

void MachineWatch::need_quiet() {
    thread_.request_stop();
    thread_.join();
    auto const rank = late_.begin() + static_cast<std::ptrdiff_t>(late_.size() * 99 / 100);
    std::ranges::nth_element(late_, rank);
    if (rank != late_.end() && *rank >= 1ms) {
        SKIP("this machine is too busy to measure on: a sleep of 2 ms ended late by "
             << std::chrono::duration<double, std::milli>(*rank).count() << " ms (p99)");
    }
}

}  // namespace roger::test
