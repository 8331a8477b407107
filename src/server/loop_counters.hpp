// One event loop's counters: written by its own thread only, read from any.
#pragma once

#include "roger/counters.hpp"

#include <atomic>
#include <cstdint>

namespace roger {

/// A counter with one writer: its increment needs no locked instruction.
class Count {
public:
    void add(std::uint64_t more = 1) { set(value_.load(std::memory_order_relaxed) + more); }
    void subtract(std::uint64_t less) { set(value_.load(std::memory_order_relaxed) - less); }

    /// Who has seen it sees what was counted before it.
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_acquire); }

private:
    void set(std::uint64_t value) { value_.store(value, std::memory_order_release); }

    std::atomic<std::uint64_t> value_ = 0;
};

/// The same names as in Counters, which documents them.
struct LoopCounters {
    Count accepted;
    Count clients;
    Count messages;
    Count displayed;
    Count acknowledged;
    Count bytes;
    Count refused_busy;
    Count refused_too_long;
    Count message_timeouts;
    Count idle_timeouts;
    Count refused_shutdown;
    Count handler_failed;
    Count handler_refused;
    Count write_timeouts;
    Count lost;
    Count replies;
    Count unanswered;

    void add_to(Counters& sum) const;
};

}  // namespace roger
