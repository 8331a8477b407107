// A time in which nothing can be stored, told to the operator: once a second, and when it is over.
// And what else is odd.
#pragma once

#include "roger/log.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>

namespace roger {

/// From any thread.
class Outage {
public:
    explicit Outage(Log log) : log_(std::move(log)) {}

    void cannot_store(std::string const& reason);
    void stored();
    /// Once a minute.
    void warn(std::string const& sentence);

private:
    using Clock = std::chrono::steady_clock;

    Log log_;
    std::atomic<bool> lasts_ = false;
    std::mutex guard_;  ///< of the times
    Clock::time_point since_;
    Clock::time_point next_line_;
    Clock::time_point next_warning_;
};

}  // namespace roger
