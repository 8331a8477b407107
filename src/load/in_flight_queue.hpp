// A client's messages that have been sent and not yet answered, oldest first.
#pragma once

#include "load/concurrency.hpp"
#include "net/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace roger {

/// Two of a message's three clocks; the third is read when its answer comes.
struct Sent {
    Clock::time_point planned;
    Clock::time_point sent;
    /// How much sooner it would have been sent, had the load tester always been ready.
    Clock::duration own_delay{0};
    Concurrency::Sending sending = {};
};

/// A ring, which grows with the most messages that are in flight at once: a message in flight costs
/// its clocks and, mostly, no allocation.
class InFlightQueue {
public:
    explicit InFlightQueue(std::size_t most) : most_(static_cast<std::uint32_t>(most)) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] bool full() const { return size_ == most_; }
    [[nodiscard]] Sent const& oldest() const { return ring_[first_]; }

    void push(Sent const& sent) {
        if (size_ == capacity_) {
            grow();
        }
        ring_[(first_ + size_) % capacity_] = sent;
        ++size_;
    }
    Sent pop() {
        Sent const oldest = ring_[first_];
        first_ = (first_ + 1) % capacity_;
        --size_;
        return oldest;
    }

private:
    void grow() {
        std::uint32_t const capacity = std::min(most_, std::max(1U, capacity_ * 2));
        auto ring = std::make_unique<Sent[]>(capacity);
        for (std::uint32_t i = 0; i < size_; ++i) {
            ring[i] = ring_[(first_ + i) % capacity_];
        }
        ring_ = std::move(ring);
        capacity_ = capacity;
        first_ = 0;
    }

    std::unique_ptr<Sent[]> ring_;
    std::uint32_t most_;
    std::uint32_t capacity_ = 0;
    std::uint32_t first_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace roger
