// Ends a program even if one of its threads hangs.
#pragma once

#include "net/clock.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace roger {

/// Ends the program with status_failed when its time is over, whatever its other threads are doing:
/// one can be in a call to a disk that hangs, which no signal interrupts. From any thread.
class ForcedEnd {
public:
    /// Throws Error, Errc::no_thread.
    ForcedEnd();
    /// To be destroyed when the program ends by itself.
    ~ForcedEnd();
    ForcedEnd(ForcedEnd const&) = delete;
    ForcedEnd& operator=(ForcedEnd const&) = delete;

    /// Of several times the earliest counts. The program has half a second more: it may have been
    /// stopped (SIGSTOP) meanwhile, which is no fault of its output.
    void in(std::chrono::milliseconds time);

    /// At once; but a thread of its own says why on standard error, for which it waits a second.
    void now();

private:
    void run();
    [[nodiscard]] bool is_time_over() const { return time_ && Clock::now() >= *time_; }

    std::mutex guard_;
    std::condition_variable changed_;
    std::optional<Clock::time_point> time_;  // guarded, as what follows
    bool is_now_ = false;
    bool has_ended_ = false;
    std::jthread thread_;
};

}  // namespace roger
