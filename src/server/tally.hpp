// One event loop's counters: written by its own thread only, read from any.
#pragma once

#include "roger/counters.hpp"

#include <atomic>
#include <cstdint>

namespace roger {

/// A counter with one writer: its increment needs no locked instruction.
class Count {
public:
    void add(std::uint64_t more = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t less) {
        value_.store(value_.load(std::memory_order_relaxed) - less, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// The same names as in Counters, which documents them.
struct Tally {
    Count accepted;
    Count clients;
    Count messages;
    Count displayed;
    Count acknowledged;
    Count bytes;
    Count refused_busy;
    Count refused_too_long;
    Count refused_unfinished;
    Count refused_idle;
    Count refused_shutdown;
    Count refused_display;
    Count refused_handler;
    Count write_timeouts;
    Count lost;
    Count replies;
    Count unanswered;

    void add_to(Counters& sum) const;
};

}  // namespace roger
