// What one event loop measures: every message's outcome and durations, and its own troubles.
#pragma once

#include "load/in_flight_queue.hpp"
#include "load/intervals.hpp"
#include "load/plan.hpp"
#include "load/queue_growth.hpp"
#include "net/clock.hpp"
#include "report/report.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace roger {

/// Processor time of this thread, and time that it would have run but had no processor.
struct ThreadTime {
    std::chrono::nanoseconds used{0};
    std::chrono::nanoseconds waited{0};  ///< 0 where the system does not count

    static ThreadTime now();
};

/// Records messages of the measured time only: a message belongs to the time at which it was
/// planned. (For the live line, there are intervals of the warm-up as well.) Allocates nothing for
/// a message, and takes a lock only once an interval.
class Recorder {
public:
    explicit Recorder(Intervals& intervals) : intervals_(intervals) {}

    /// `with_trend`: whether the queue grows is asked for. (In a closed loop it cannot.)
    void start(Timeline const& timeline, bool with_trend = false);

    /// `kept_waiting`: how much sooner the answer would have been read, had this loop always been
    /// ready.
    void acked(Sent const& message, Clock::time_point now, Clock::duration kept_waiting);
    /// `excused`: the load tester itself may be the reason, and not the server.
    void failed(Clock::time_point planned, Outcome outcome, std::string_view reason,
                bool excused = false);
    /// So many measured messages that could not be sent.
    void gave_up(std::uint64_t messages, Outcome outcome, std::string_view reason, bool excused);
    /// More answers than messages: a fault, whenever it is found.
    void surplus_answer() { ++surplus_answers_; }
    /// A datagram's; `planned`: the message that it answers once more.
    void surplus_answer(Clock::time_point planned) { count(surplus_answers_, planned); }
    /// The answer to a message that has timed out.
    void late_answer(Clock::time_point planned) { count(late_answers_, planned); }
    /// A message was answered after one that was sent later.
    void overtaken(Clock::time_point planned) { count(overtaken_, planned); }

    void connected(Clock::duration took, Clock::duration kept_waiting);
    /// An attempt to connect failed, or had to be given up.
    void connect_failed(bool excused);
    void disconnected(bool idle);

    void sent_bytes(std::size_t bytes) { sent_bytes_ += phase_ == Phase::measuring ? bytes : 0; }
    void received_bytes(std::size_t bytes) {
        received_bytes_ += phase_ == Phase::measuring ? bytes : 0;
    }

    /// Begins to measure. To be called before the first message is sent, once its moment has come.
    void begin_if_due(Clock::time_point now);
    /// The same, and closes the intervals that are over, which takes longer. To be called at
    /// next_moment(), or soon after.
    void pass(Clock::time_point now);
    [[nodiscard]] Clock::time_point next_moment() const;

    /// The measurement is over at `end`: answers and failures from then on belong to no interval.
    void end(Clock::time_point end);

    /// Nothing more will come: reports the last interval.
    void finish();

    [[nodiscard]] Outcomes const& outcomes() const { return outcomes_; }

    /// All but its acked_in_time and acked_but_for_delay.
    void add_to(Report& report) const;
    /// These two: what was acked while measuring. With `allowance`, what was planned then and acked
    /// at most so long after the end.
    void add_acked_in_time_to(Report& report, std::optional<Clock::duration> allowance) const;
    void add_to(DatagramCounts& counts) const;
    [[nodiscard]] Latencies const& latencies() const { return latencies_; }
    /// By how much this loop itself delayed the messages that were acked.
    [[nodiscard]] Histogram const& own_delay() const { return own_delay_; }
    [[nodiscard]] ThreadTime const& used() const { return used_; }
    [[nodiscard]] ResponseTrend const& trend() const { return trend_; }

private:
    void count(std::uint64_t& counter, Clock::time_point planned) const {
        counter += planned >= timeline_.begin ? 1 : 0;
    }
    void count_in_time(Sent const& message, Clock::time_point now, Clock::duration own_delay);
    void count_in_interval(Clock::duration response);
    void close_interval(std::size_t clients);

    Intervals& intervals_;
    Timeline timeline_ = {ClientSchedule::none, ClientSchedule::none, ClientSchedule::none};

    Latencies latencies_;
    Latencies lower_bounds_;
    Histogram own_delay_;
    Outcomes outcomes_;
    Outcomes excused_;
    std::uint64_t acked_in_time_ = 0;
    std::uint64_t acked_but_for_delay_ = 0;
    std::uint64_t acked_of_warmup_ = 0;  ///< of those in time
    Histogram acked_after_end_;          ///< by how much, of messages of the measured time
    Histogram acked_after_end_but_for_delay_;
    ResponseTrend trend_;
    std::uint64_t sent_bytes_ = 0;
    std::uint64_t received_bytes_ = 0;
    Reasons reasons_;
    std::uint64_t surplus_answers_ = 0;
    std::uint64_t late_answers_ = 0;
    std::uint64_t overtaken_ = 0;
    std::uint64_t connections_ = 0;
    std::uint64_t failed_connects_ = 0;
    std::uint64_t excused_connects_ = 0;
    std::uint64_t idle_losses_ = 0;
    std::size_t clients_ = 0;       ///< connected now
    std::size_t most_clients_ = 0;  ///< while measuring
    std::size_t clients_at_end_ = 0;

    enum class Phase : std::uint8_t { before, measuring, after };
    Phase phase_ = Phase::before;
    ThreadTime used_at_begin_;
    ThreadTime used_;

    std::int64_t interval_ = 0;  ///< negative while it warms up
    Histogram interval_response_;
    std::uint64_t interval_acked_ = 0;
    std::uint64_t interval_failed_ = 0;
};

}  // namespace roger
