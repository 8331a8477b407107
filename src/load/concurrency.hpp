// Whether there are enough clients for the rate that was asked for.
#pragma once

#include "net/clock.hpp"

#include <cstddef>
#include <cstdint>

namespace roger {

/// An open loop's messages wait where each client that could send them has all the messages in
/// flight that it may have. Either the server has become slow, or there are too few clients. This
/// tells the two apart: where answers take no longer while messages wait than they do otherwise,
/// the server has not become slow. (How long they take while messages wait follows from Little's
/// law: messages in flight, by answers in a unit of time. A mere average over the answers would
/// overlook a server that stands still: there are few answers then. Nor has it answered nobody for
/// much longer than an answer takes.)
class Concurrency {
public:
    void sent(Clock::time_point now) { change_in_flight(now, +1); }
    /// An answer came to a message that was sent when it was planned, or later. It had come
    /// `kept_waiting` before, but the load tester was not ready for it.
    void answered(Clock::time_point now, Clock::duration service, bool sent_as_planned,
                  Clock::duration kept_waiting);
    /// A message will have no answer.
    void lost(Clock::time_point now) { change_in_flight(now, -1); }

    /// A client with a message to send may send none until it has an answer; or need no longer
    /// wait.
    void wait_begins(Clock::time_point now);
    void wait_ends(Clock::time_point now);

    void add(Concurrency const& other);

    /// Messages had to wait, and the server was not the reason.
    [[nodiscard]] bool is_too_low() const;

    /// How long answers took to messages that did not have to wait: on average, in seconds.
    [[nodiscard]] double free_service_s() const;

private:
    void pass(Clock::time_point now);
    void change_in_flight(Clock::time_point now, int change);

    Clock::time_point last_;
    std::int64_t in_flight_ = 0;
    std::size_t waiting_ = 0;               ///< clients
    double in_flight_s_ = 0;                ///< messages in flight, times seconds
    double waiting_s_ = 0;                  ///< clients that waited, times seconds
    double in_flight_while_waiting_s_ = 0;  ///< messages in flight while any client waited
    std::uint64_t answers_while_waiting_ = 0;
    Clock::time_point nobody_answered_since_;  ///< while a client waits
    double longest_silence_s_ = 0;             ///< in which clients waited and nobody was answered
    double free_service_sum_s_ = 0;
    std::uint64_t free_answers_ = 0;
};

}  // namespace roger
