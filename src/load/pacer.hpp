// Clients in the order in which their next messages are planned.
#pragma once

#include "load/plan.hpp"
#include "net/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace roger {

class LoadClient;

/// Holds a client at most once, so that it never grows beyond the number of clients.
class Pacer {
public:
    explicit Pacer(std::size_t clients) { waiting_.reserve(clients); }

    void add(Clock::time_point at, LoadClient& client) {
        waiting_.emplace_back(at, &client);
        std::ranges::push_heap(waiting_, std::greater());
    }

    /// When the first is due.
    [[nodiscard]] Clock::time_point next() const {
        return waiting_.empty() ? ClientSchedule::none : waiting_.front().first;
    }

    LoadClient& pop() {
        std::ranges::pop_heap(waiting_, std::greater());
        LoadClient& client = *waiting_.back().second;
        waiting_.pop_back();
        return client;
    }

private:
    std::vector<std::pair<Clock::time_point, LoadClient*>> waiting_;
};

}  // namespace roger
