// Tells when a NATS server that answers is nevertheless of no use.
#pragma once

#include <chrono>
#include <optional>

namespace roger {

/// A server that has lost its cluster answers each PING, and stores nothing. So what counts is what
/// JetStream answers to what it is asked: nothing but failures for so long is a stall. It knows no
/// clock: tests let time pass as they like.
class StallDetector {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit StallDetector(std::chrono::milliseconds limit) : limit_(limit) {}

    /// The stream has stored something, or said why not.
    void answered() { first_failure_.reset(); }

    /// It was asked in vain. Returns whether it has stalled.
    bool failed(TimePoint now) {
        if (!first_failure_ || now - last_failure_ > limit_) {  // in between, nobody asked
            first_failure_ = now;
        }
        last_failure_ = now;
        return now - *first_failure_ >= limit_;
    }

private:
    std::chrono::milliseconds limit_;
    std::optional<TimePoint> first_failure_;  ///< since the last answer
    TimePoint last_failure_;
};

}  // namespace roger
