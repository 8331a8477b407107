// Whether an output that cannot say that it would block is quick enough for an event loop.
#pragma once

#include <chrono>

#include <sys/resource.h>

namespace roger {

/// A file takes next to no time while the system has memory for what is written, and any length
/// when it has not, or on a network. After one write that was slow, the latency is taken for high
/// until many in a row were quick. A write that waited for nothing but a processor says nothing of
/// the file: it is the machine that is busy.
class WriteLatency {
public:
    using Duration = std::chrono::steady_clock::duration;

    /// Longer than a megabyte takes that only has to be copied, and short for whoever waits
    /// meanwhile.
    static constexpr std::chrono::milliseconds high{2};
    static constexpr unsigned enough_quick_ones = 100;

    [[nodiscard]] bool is_low() const { return quick_ones_ >= enough_quick_ones; }

    /// Makes a write, and adds how long it took. Returns what that returns.
    template <typename Write>
    auto measure(Write write) {
        long const waits_before = waits();
        auto const begin = std::chrono::steady_clock::now();
        auto const result = write();
        auto const taken = std::chrono::steady_clock::now() - begin;
        if (taken < high || waits() != waits_before) {
            add(taken);
        }
        return result;
    }

    /// A write was done, which took so long.
    void add(Duration taken) {
        if (taken >= high) {
            quick_ones_ = 0;
        } else if (!is_low()) {
            ++quick_ones_;
        }
    }

private:
    /// How often this thread has waited, for anything but a processor: getrusage(2).
    static long waits() {
        rusage usage{};
        ::getrusage(RUSAGE_THREAD, &usage);
        return usage.ru_nvcsw;
    }

    unsigned quick_ones_ = enough_quick_ones;
};

}  // namespace roger
