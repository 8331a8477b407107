// Whether there are enough clients for the rate that was asked for.
#pragma once

#include "net/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace roger {

/// An open loop's messages wait where each client that could send them has all the messages in
/// flight that it may have. Either the server has become slow, or there are too few clients. This
/// tells the two apart: where answers take no longer while messages wait than they do to messages
/// that have few others beside them, the server has not become slow. (How long they take while
/// messages wait follows from Little's law: messages in flight, by answers in a unit of time. A
/// mere average over the answers would overlook a server that stands still: there are few answers
/// then. Nor has there been a silence much longer than an answer takes.) Waits that the load tester
/// itself has caused do not count.
class Concurrency {
public:
    /// `most_in_flight`: messages of one client.
    explicit Concurrency(std::size_t most_in_flight = 1) : most_in_flight_(most_in_flight) {}

    /// How things were when a message was sent.
    struct Sending {
        std::uint32_t in_flight = 0;      ///< messages, itself included
        double clients_had_waited_s = 0;  ///< time in which any client waited, until then
    };
    Sending sent(Clock::time_point now);

    struct Answer {
        Sending sending;
        Clock::duration service;       ///< from sending to reading
        bool sent_as_planned;          ///< it did not have to wait
        Clock::duration kept_waiting;  ///< it was there, but the load tester was not ready for it
    };
    void answered(Clock::time_point now, Answer const& answer);
    /// A message will have no answer.
    void lost(Clock::time_point now) { change_in_flight(now, -1); }

    /// A client with a message to send may send none until it has an answer; or need no longer
    /// wait.
    void wait_begins(Clock::time_point now);
    void wait_ends(Clock::time_point now);

    /// What came before that moment, such as a warm-up, does not count; but if messages still wait
    /// then, it counts until none does, since that is why they wait.
    void begin_at(Clock::time_point moment) { forgets_at_ = moment; }

    /// Nothing more is planned: who has waited until now has waited in the measurement.
    void end() { forgets_at_.reset(); }

    void add(Concurrency const& other);

    /// Messages had to wait, and the server was not the reason.
    [[nodiscard]] bool is_too_low() const;

    /// How long answers took to messages that had few others beside them: on average, in seconds.
    [[nodiscard]] double free_service_s() const;

private:
    struct Services {
        double sum_s = 0;
        double squares_s2 = 0;
        double count = 0;

        void add(double service_s);
        void add(Services const& other);
        [[nodiscard]] double mean_s() const;
        [[nodiscard]] double standard_error_s() const;
    };

    /// How long answers take to messages that do not have to wait.
    struct Free {
        double mean_s;
        double uncertainty_s;
    };

    void pass(Clock::time_point now);
    [[nodiscard]] double share_while_waiting(Answer const& answer, double service_s) const;
    void change_in_flight(Clock::time_point now, int change);
    [[nodiscard]] Services services_with_few() const;
    [[nodiscard]] Free free_service() const;

    std::size_t most_in_flight_;
    Clock::time_point last_;
    std::uint32_t in_flight_ = 0;
    std::size_t waiting_ = 0;                      ///< clients
    std::optional<Clock::time_point> forgets_at_;  ///< not before nobody waits
    double served_s_ = 0;                          ///< of all messages
    double clients_waited_s_ = 0;                  ///< all of them together
    double waiting_s_ = 0;                         ///< in which any client waited
    double in_flight_while_waiting_s_ = 0;         ///< messages in flight while any client waited
    double answers_while_waiting_ = 0;             ///< an answer counts by the share of its time
    Clock::time_point nobody_answered_since_;      ///< while a client waits
    double longest_silence_s_ = 0;  ///< in which clients waited and nobody was answered
    /// By classes of how many messages were in flight when it was sent.
    std::array<Services, 60> services_;
    Services as_planned_;  ///< of messages that did not have to wait
};

}  // namespace roger
