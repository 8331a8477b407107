// Little's law.
#include "load/concurrency.hpp"

#include <algorithm>
#include <chrono>

namespace roger {

void Concurrency::pass(Clock::time_point now) {
    double const passed_s = to_seconds(now - last_);
    double const in_flight_s = static_cast<double>(in_flight_) * passed_s;
    in_flight_s_ += in_flight_s;
    waiting_s_ += static_cast<double>(waiting_) * passed_s;
    in_flight_while_waiting_s_ += waiting_ > 0 ? in_flight_s : 0;
    last_ = now;
}

void Concurrency::change_in_flight(Clock::time_point now, int change) {
    pass(now);
    in_flight_ += change;
}

void Concurrency::answered(Clock::time_point now, Clock::duration service, bool sent_as_planned,
                           Clock::duration kept_waiting) {
    change_in_flight(now, -1);
    if (waiting_ > 0) {
        ++answers_while_waiting_;
        longest_silence_s_ =
            std::max(longest_silence_s_, to_seconds(now - nobody_answered_since_ - kept_waiting));
        nobody_answered_since_ = now;
    }
    if (sent_as_planned) {
        free_service_sum_s_ += to_seconds(service);
        ++free_answers_;
    }
}

void Concurrency::wait_begins(Clock::time_point now) {
    pass(now);
    if (waiting_++ == 0) {
        nobody_answered_since_ = now;
    }
}

void Concurrency::wait_ends(Clock::time_point now) {
    pass(now);
    --waiting_;
}

void Concurrency::add(Concurrency const& other) {
    in_flight_s_ += other.in_flight_s_;
    waiting_s_ += other.waiting_s_;
    in_flight_while_waiting_s_ += other.in_flight_while_waiting_s_;
    answers_while_waiting_ += other.answers_while_waiting_;
    longest_silence_s_ = std::max(longest_silence_s_, other.longest_silence_s_);
    free_service_sum_s_ += other.free_service_sum_s_;
    free_answers_ += other.free_answers_;
}

double Concurrency::free_service_s() const {
    return free_answers_ == 0 ? 0 : free_service_sum_s_ / static_cast<double>(free_answers_);
}

bool Concurrency::is_too_low() const {
    // A server that takes one message after the other makes N clients that all begin at once wait
    // (N + 1) / 2 times as long as one message takes, and N times as long from then on.
    constexpr double as_long = 1.5;
    constexpr double much_longer = 3;
    constexpr double matters = 0.05;
    return answers_while_waiting_ > 0 && free_answers_ > 0 && waiting_s_ > matters * in_flight_s_ &&
           longest_silence_s_ < much_longer * free_service_s() &&
           in_flight_while_waiting_s_ <
               as_long * free_service_s() * static_cast<double>(answers_while_waiting_);
}

}  // namespace roger
