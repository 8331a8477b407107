// A client's messages that have been sent and not yet answered, oldest first.
#pragma once

#include "net/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace roger {

/// Two of a message's three clocks; the third is read when its answer comes.
struct Sent {
    Clock::time_point planned;
    Clock::time_point sent;
};

/// A ring: a message in flight costs its two moments and no allocation.
class Flight {
public:
    explicit Flight(std::size_t most)
        : ring_(std::make_unique<Sent[]>(most)), most_(static_cast<std::uint32_t>(most)) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] bool full() const { return size_ == most_; }
    [[nodiscard]] Sent const& oldest() const { return ring_[first_]; }

    void push(Sent const& sent) {
        ring_[(first_ + size_) % most_] = sent;
        ++size_;
    }
    Sent pop() {
        Sent const oldest = ring_[first_];
        first_ = (first_ + 1) % most_;
        --size_;
        return oldest;
    }

private:
    std::unique_ptr<Sent[]> ring_;
    std::uint32_t most_;
    std::uint32_t first_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace roger
