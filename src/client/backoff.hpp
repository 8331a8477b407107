// When to try again what has failed.
#pragma once

#include "roger/client.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <random>

namespace roger {

/// The delays of one row of attempts after the other.
class Backoff {
public:
    explicit Backoff(ReconnectOptions const& options)
        : options_(options), random_(std::random_device()()) {}

    /// How long to wait before the next attempt; nothing when there have been enough.
    std::optional<std::chrono::milliseconds> next();

    /// It worked, or was given up: the next attempt is the first again.
    void reset() { attempts_ = 0; }

private:
    ReconnectOptions options_;
    std::minstd_rand random_;
    std::size_t attempts_ = 0;
    std::chrono::milliseconds delay_{};
};

}  // namespace roger
