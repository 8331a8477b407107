// What fails for lack of resources, and is retried after a pause.
#pragma once

#include "net/clock.hpp"
#include "server/log_throttle.hpp"
#include "server/loop_counters.hpp"
#include "server/server_context.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace roger {

/// Out of descriptors or memory, an immediate retry would fail as well.
inline constexpr std::chrono::milliseconds pause_time{100};

/// A call that was to write, send or receive lacked memory in the system: it did nothing, and a
/// retry may succeed. No event tells when.
[[nodiscard]] inline bool lacks_memory(int error) {
    return error == ENOBUFS || error == ENOMEM;
}

/// Before such a retry.
inline constexpr std::chrono::milliseconds retry_pause{10};

/// All pauses of one kind in a server: each is counted, and at most one a second is logged.
class Pauses {
public:
    explicit Pauses(std::string what) : what_(std::move(what)) {}

    void add(Log const& log, std::string_view why) {
        count_.add();
        if (throttle_.lets_through(Clock::now())) {
            log(LogLevel::warning, fmt::format("{}, trying again: {}", what_, why));
        }
    }

    /// From any thread.
    [[nodiscard]] std::uint64_t count() const { return count_.get(); }

private:
    std::string what_;
    Count count_;
    LogThrottle throttle_;
};

}  // namespace roger
