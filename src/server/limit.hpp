// How many clients are served at once.
#pragma once

#include "net/async_condition.hpp"

#include <cstddef>

namespace roger {

/// Places for clients, over all addresses and loops. Lives on the first loop, where connections are
/// accepted and datagrams received.
class Limit {
public:
    explicit Limit(std::size_t places) : free_(places) {}

    [[nodiscard]] std::size_t free() const { return free_; }
    [[nodiscard]] bool full() const { return free_ == 0; }
    void take_place() { --free_; }
    void give_back_places(std::size_t places) {
        free_ += places;
        condition_.notify_all();
    }

    /// Until a place may be free, or nobody will be accepted any more.
    auto wait() { return condition_.wait(); }
    void notify_all() { condition_.notify_all(); }
    void destroy_waiters() { condition_.destroy_all(); }

private:
    std::size_t free_;
    AsyncCondition condition_;
};

}  // namespace roger
