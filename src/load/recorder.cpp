// Counting and timing.
#include "load/recorder.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <utility>

namespace roger {

ThreadTime ThreadTime::now() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    ThreadTime time;
    time.used = std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    std::ifstream file(waits);
    std::int64_t running = 0;
    std::int64_t waiting = 0;
    if (file >> running >> waiting) {
        time.waited = std::chrono::nanoseconds(waiting);
    }
    return time;
}

void Recorder::acked(Sent const& message, Clock::time_point now) {
    if (message.planned < timeline_.begin) {
        return;
    }
    latencies_.response.record(now - message.planned);
    latencies_.service.record(now - message.sent);
    latencies_.lateness.record(message.sent - message.planned);
    fates_.count(Fate::acked);
    last_ack_ = now;
    pass(now);
    if (now < timeline_.end) {
        interval_response_.record(now - message.planned);
        ++interval_acked_;
    }
    acked_in_time_ += now < timeline_.last_call() ? 1 : 0;
}

void Recorder::failed(Clock::time_point planned, Fate fate, std::string_view reason) {
    if (planned < timeline_.begin) {
        return;
    }
    fates_.count(fate);
    reasons_.count(fate, reason);
    interval_failed_ += phase_ == Phase::after ? 0 : 1;
}

void Recorder::sent_late(Clock::time_point planned, Clock::time_point now) {
    if (planned >= timeline_.begin) {
        own_lateness_.record(now - planned);
    }
}

void Recorder::connected(Clock::duration took) {
    latencies_.connect.record(took);
    ++connections_;
    ++clients_;
    most_clients_ = std::max(most_clients_, clients_);
}

void Recorder::disconnected(bool idle) {
    --clients_;
    idle_losses_ += idle ? 1 : 0;
}

Clock::time_point Recorder::next_moment() const {
    switch (phase_) {
        case Phase::before:
            return timeline_.begin;
        case Phase::measuring: {
            auto const done = static_cast<Clock::rep>(interval_) + 1;
            Clock::time_point const interval_end = timeline_.begin + done * intervals_.length();
            return interval_end < timeline_.end ? interval_end : Course::none;
        }
        case Phase::after:
            return Course::none;
    }
    return Course::none;
}

void Recorder::pass(Clock::time_point now) {
    while (now >= next_moment()) {
        if (phase_ == Phase::measuring) {
            close_interval();
        } else {
            phase_ = Phase::measuring;
            most_clients_ = clients_;
            used_at_begin_ = ThreadTime::now();
        }
    }
}

void Recorder::close_interval() {
    intervals_.add({.index = interval_++,
                    .acked = std::exchange(interval_acked_, 0),
                    .failed = std::exchange(interval_failed_, 0),
                    .clients = clients_,
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
        phase_ = Phase::after;
    }
}

void Recorder::finish() {
    if (phase_ == Phase::after) {
        close_interval();
    }
}

void Recorder::add_to(Report& report) const {
    report.latencies.add(latencies_);
    report.fates.add(fates_);
    report.acked_in_time += acked_in_time_;
    report.reasons.add(reasons_);
    report.planned += fates_.sum();
    report.surplus_answers += surplus_answers_;
    report.connections += connections_;
    report.idle_losses += idle_losses_;
    report.clients += most_clients_;
}

void Recorder::add_to(DatagramCounts& counts) const {
    counts.late_answers += late_answers_;
    counts.overtaken += overtaken_;
}

}  // namespace roger
