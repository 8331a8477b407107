// Whether this machine leaves a test its processors.
#pragma once

#include <chrono>
#include <stop_token>
#include <thread>
#include <vector>

namespace roger::test {

/// Watches, while it lives, how late a thread wakes up that only sleeps. For tests that measure
/// time: where other programs have the processors, no figure is to be relied on.
class MachineWatch {
public:
    MachineWatch();

    /// Skips the test where one in a hundred of the sleeps so far ended a millisecond or more late,
    /// or any of them so late as `most`.
    void need_quiet(std::chrono::milliseconds most = std::chrono::milliseconds(20));

private:
    void watch(std::stop_token const& stop);

    std::vector<std::chrono::nanoseconds> late_;  ///< the thread's, until it has ended
    std::jthread thread_;
};

}  // namespace roger::test
