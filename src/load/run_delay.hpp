// How long a thread has waited for a processor.
#pragma once

#include <chrono>

namespace roger {

/// Reads what the kernel counts, at the price of one system call; 0 where it does not tell.
class RunDelay {
public:
    /// The kernel's file for the thread that opens it: proc(5).
    static constexpr char const* file = "/proc/thread-self/schedstat";

    RunDelay() = default;
    ~RunDelay();
    RunDelay(RunDelay const&) = delete;
    RunDelay& operator=(RunDelay const&) = delete;

    /// Since the thread began. To be called by one thread only.
    [[nodiscard]] std::chrono::nanoseconds total();

private:
    static constexpr int not_yet_open = -2;
    int descriptor_ = not_yet_open;
};

}  // namespace roger
