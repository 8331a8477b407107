// Counting and timing.
#include "load/recorder.hpp"

#include "load/run_delay.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace roger {

ThreadTime ThreadTime::now() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    ThreadTime time;
    time.used = std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    time.waited = RunDelay().total();
    return time;
}

void Recorder::start(Timeline const& timeline, bool with_trend) {
    timeline_ = timeline;
    if (with_trend && timeline.end != ClientSchedule::none) {
        trend_.measure(timeline.begin, timeline.end);
    }
    auto const length = intervals_.length();
    interval_ = -((timeline.begin - timeline.go + length - Clock::duration(1)) / length);
}

void Recorder::acked(Sent const& message, Clock::time_point now, Clock::duration kept_waiting) {
    auto const own_delay = message.own_delay + kept_waiting;
    auto const response = now - message.planned;
    pass(now);
    count_in_time(message, now, own_delay);
    if (message.planned < timeline_.begin) {
        if (now < timeline_.begin) {
            count_in_interval(response);
        }
        return;
    }
    auto const service = now - message.sent;
    constexpr Clock::duration least{0};
    trend_.record(message.planned, response);
    latencies_.response.record(response);
    latencies_.service.record(service);
    latencies_.lateness.record(message.sent - message.planned);
    lower_bounds_.response.record(std::max(response - own_delay, least));
    lower_bounds_.service.record(std::max(service - kept_waiting, least));
    own_delay_.record(own_delay);
    outcomes_.count(Outcome::acked);
    if (now < timeline_.end) {
        count_in_interval(response);
    }
}

void Recorder::count_in_interval(Clock::duration response) {
    interval_response_.record(response);
    ++interval_acked_;
}

/// A rate is of all that is acked while it is measured, whenever it was planned: what is still in
/// flight at the end is then made up for by what was at the beginning.
void Recorder::count_in_time(Sent const& message, Clock::time_point now,
                             Clock::duration own_delay) {
    if (now < timeline_.begin) {
        return;
    }
    bool const is_of_warmup = message.planned < timeline_.begin;
    auto const count = [&](Clock::time_point acked, std::uint64_t& in_time, Histogram& after_end) {
        if (acked < timeline_.end) {
            ++in_time;
        } else if (!is_of_warmup) {
            after_end.record(acked - timeline_.end);
        }
    };
    acked_of_warmup_ += is_of_warmup && now < timeline_.end ? 1 : 0;
    count(now, acked_in_time_, acked_after_end_);
    count(now - own_delay, acked_but_for_delay_, acked_after_end_but_for_delay_);
}

void Recorder::failed(Clock::time_point planned, Outcome outcome, std::string_view reason,
                      bool excused) {
    if (planned >= timeline_.begin) {
        gave_up(1, outcome, reason, excused);
    }
}

void Recorder::gave_up(std::uint64_t messages, Outcome outcome, std::string_view reason,
                       bool excused) {
    if (messages == 0) {
        return;
    }
    outcomes_.count(outcome, messages);
    excused_.count(outcome, excused ? messages : 0);
    reasons_.count(outcome, reason, messages);
    interval_failed_ += phase_ == Phase::after ? 0 : messages;
}

void Recorder::connected(Clock::duration took, Clock::duration kept_waiting) {
    latencies_.connect.record(took);
    lower_bounds_.connect.record(std::max(took - kept_waiting, Clock::duration(0)));
    ++connections_;
    ++clients_;
    if (phase_ != Phase::after) {
        most_clients_ = std::max(most_clients_, clients_);
    }
}

void Recorder::connect_failed(bool excused) {
    ++failed_connects_;
    excused_connects_ += excused ? 1 : 0;
}

void Recorder::disconnected(bool idle) {
    --clients_;
    idle_losses_ += idle ? 1 : 0;
}

Clock::time_point Recorder::next_moment() const {
    if (phase_ == Phase::after || timeline_.begin == ClientSchedule::none) {
        return ClientSchedule::none;
    }
    if (phase_ == Phase::before && interval_ == 0) {
        return timeline_.begin;
    }
    Clock::time_point const interval_end = timeline_.begin + (interval_ + 1) * intervals_.length();
    return interval_end < timeline_.end ? interval_end : ClientSchedule::none;
}

void Recorder::begin_if_due(Clock::time_point now) {
    if (phase_ == Phase::before && now >= timeline_.begin) {
        phase_ = Phase::measuring;
        most_clients_ = clients_;
        used_at_begin_ = ThreadTime::now();
    }
}

void Recorder::pass(Clock::time_point now) {
    begin_if_due(now);
    while (now >= next_moment()) {
        close_interval(clients_);
    }
}

void Recorder::close_interval(std::size_t clients) {
    intervals_.add({.index = interval_++,
                    .acked = std::exchange(interval_acked_, 0),
                    .failed = std::exchange(interval_failed_, 0),
                    .clients = clients,
                    .response = interval_response_});
    interval_response_.clear();
}

void Recorder::end(Clock::time_point end) {
    pass(end);
    timeline_.end = std::min(timeline_.end, end);
    if (phase_ == Phase::measuring) {
        auto const used = ThreadTime::now();
        used_ = {.used = used.used - used_at_begin_.used,
                 .waited = used.waited - used_at_begin_.waited};
        clients_at_end_ = clients_;
        phase_ = Phase::after;
    }
}

void Recorder::finish() {
    if (phase_ == Phase::after) {
        close_interval(clients_at_end_);
    }
    intervals_.end_loop(interval_);
}

void Recorder::add_to(Report& report) const {
    report.latencies.add(latencies_);
    report.lower_bounds.add(lower_bounds_);
    report.outcomes.add(outcomes_);
    report.excused.add(excused_);
    report.sent_bytes += sent_bytes_;
    report.received_bytes += received_bytes_;
    report.reasons.add(reasons_);
    report.planned += outcomes_.sum();
    report.surplus_answers += surplus_answers_;
    report.connections += connections_;
    report.failed_connects += failed_connects_;
    report.excused_connects += excused_connects_;
    report.idle_losses += idle_losses_;
    report.clients += most_clients_;
}

void Recorder::add_acked_in_time_to(Report& report,
                                    std::optional<Clock::duration> allowance) const {
    report.acked_in_time += acked_in_time_;
    report.acked_but_for_delay += acked_but_for_delay_;
    if (allowance) {
        double const us = to_seconds(*allowance) * 1e6;
        report.acked_in_time += static_cast<std::uint64_t>(acked_after_end_.count_to(us));
        report.acked_in_time -= acked_of_warmup_;
        report.acked_but_for_delay +=
            static_cast<std::uint64_t>(acked_after_end_but_for_delay_.count_to(us));
        report.acked_but_for_delay -= acked_of_warmup_;
    }
}

void Recorder::add_to(DatagramCounts& counts) const {
    counts.late_answers += late_answers_;
    counts.overtaken += overtaken_;
}

}  // namespace roger
