// How long JetStream is asked again while it cannot answer.
#pragma once

#include "roger/log.hpp"
#include "stream/nats_client.hpp"

#include <fmt/format.h>

#include <chrono>
#include <stop_token>
#include <thread>
#include <utility>

namespace roger {

/// Asks again where NATS is unavailable, as long as that is worth it: a leader is elected in less
/// than 9 s, and that one is gone is noticed in some more. The time runs from when this was made,
/// for all that is asked through it.
class ElectionRetry {
public:
    explicit ElectionRetry(Log log, std::stop_token stop = {})
        : log_(std::move(log)), stop_(std::move(stop)) {}

    /// What it waits for is logged. Throws what `ask` throws; NatsUnavailable only after the time,
    /// or where a stop is requested.
    template <typename Ask>
    auto operator()(Ask const& ask) const {
        for (bool is_logged = false;; is_logged = true) {
            try {
                return ask();
            } catch (NatsUnavailable const& error) {
                if (stop_.stop_requested() || std::chrono::steady_clock::now() >= end_) {
                    throw;
                }
                if (!is_logged) {
                    log_(LogLevel::warning, fmt::format("{}; trying again, for {} s in all",
                                                        error.what(), timeout.count()));
                }
            }
            std::this_thread::sleep_for(pause);
        }
    }

private:
    static constexpr std::chrono::seconds timeout{30};
    static constexpr std::chrono::milliseconds pause{100};

    Log log_;
    std::stop_token stop_;
    std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + timeout;
};

}  // namespace roger
