// How long a thread has waited for a processor.
#pragma once

#include "net/descriptor.hpp"

#include <chrono>
#include <optional>

namespace roger {

/// Reads what the kernel counts, at the price of one system call; 0 where it does not count.
class RunDelay {
public:
    /// The kernel's file for the thread that opens it: proc(5).
    static constexpr char const* file = "/proc/thread-self/schedstat";

    /// Since the thread began. To be called by one thread only.
    [[nodiscard]] std::chrono::nanoseconds total();

private:
    std::optional<Descriptor> descriptor_;  ///< nothing: not yet tried
};

}  // namespace roger
