// Little's law.
#include "load/concurrency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace roger {

namespace {

/// Numbers of messages in flight up to here have a class of their own; further ones have theirs by
/// their binary digits.
constexpr std::uint32_t most_alone = 32;
constexpr std::uint32_t digits_before = 27;  // 33 to 63 have 6 digits, and come next

std::size_t class_of(std::uint32_t in_flight) {
    return in_flight <= most_alone
               ? in_flight
               : digits_before + static_cast<std::uint32_t>(std::bit_width(in_flight));
}

/// The highest number of a class.
double most_of(std::size_t number) {
    return static_cast<double>(
        number <= most_alone ? number : (std::uint64_t{1} << (number - digits_before)) - 1);
}

}  // namespace

void Concurrency::Services::add(double service_s) {
    sum_s += service_s;
    squares_s2 += service_s * service_s;
    ++count;
}

void Concurrency::Services::add(Services const& other) {
    sum_s += other.sum_s;
    squares_s2 += other.squares_s2;
    count += other.count;
}

double Concurrency::Services::mean_s() const {
    return count == 0 ? 0 : sum_s / count;
}

double Concurrency::Services::standard_error_s() const {
    double const variance_s2 = count == 0 ? 0 : squares_s2 / count - mean_s() * mean_s();
    return variance_s2 <= 0 ? 0 : std::sqrt(variance_s2 / count);
}

void Concurrency::pass(Clock::time_point now) {
    if (forgets_at_ && now >= *forgets_at_ && waiting_ == 0) {
        std::uint32_t const in_flight = in_flight_;
        *this = Concurrency(most_in_flight_);
        in_flight_ = in_flight;
    }
    if (waiting_ > 0) {
        double const passed_s = to_seconds(now - last_);
        clients_waited_s_ += passed_s * static_cast<double>(waiting_);
        waiting_s_ += passed_s;
        in_flight_while_waiting_s_ += passed_s * in_flight_;
    }
    last_ = now;
}

void Concurrency::change_in_flight(Clock::time_point now, int change) {
    pass(now);
    in_flight_ += static_cast<std::uint32_t>(change);
}

Concurrency::Sending Concurrency::sent(Clock::time_point now) {
    change_in_flight(now, +1);
    return {.in_flight = in_flight_, .clients_had_waited_s = waiting_s_};
}

/// In how much of a message's time clients waited. (What a warm-up had of it is forgotten.)
double Concurrency::share_while_waiting(Answer const& answer, double service_s) const {
    double waited_s = waiting_s_ - answer.sending.clients_had_waited_s;
    if (waiting_ > 0) {
        waited_s -= to_seconds(answer.kept_waiting);
    }
    return service_s <= 0 ? 0 : std::clamp(waited_s / service_s, 0.0, 1.0);
}

void Concurrency::answered(Clock::time_point now, Answer const& answer) {
    change_in_flight(now, -1);
    double const service_s = to_seconds(answer.service - answer.kept_waiting);
    served_s_ += service_s;
    answers_while_waiting_ += share_while_waiting(answer, service_s);
    if (waiting_ > 0) {
        in_flight_while_waiting_s_ -= to_seconds(answer.kept_waiting);
        longest_silence_s_ = std::max(
            longest_silence_s_, to_seconds(now - nobody_answered_since_ - answer.kept_waiting));
        nobody_answered_since_ = now;
    }
    services_[class_of(answer.sending.in_flight)].add(service_s);
    if (answer.sent_as_planned) {
        as_planned_.add(service_s);
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
    if (--waiting_ == 0) {
        longest_silence_s_ = std::max(longest_silence_s_, to_seconds(now - nobody_answered_since_));
    }
}

void Concurrency::add(Concurrency const& other) {
    clients_waited_s_ += other.clients_waited_s_;
    served_s_ += other.served_s_;
    waiting_s_ += other.waiting_s_;
    in_flight_while_waiting_s_ += other.in_flight_while_waiting_s_;
    answers_while_waiting_ += other.answers_while_waiting_;
    longest_silence_s_ = std::max(longest_silence_s_, other.longest_silence_s_);
    for (std::size_t number = 0; number != services_.size(); ++number) {
        services_[number].add(other.services_[number]);
    }
    as_planned_.add(other.as_planned_);
}

/// Few: at most half as many as there are while messages wait. A server that takes one message
/// after the other shows then how long one takes, however often it is overloaded.
Concurrency::Services Concurrency::services_with_few() const {
    double const half = waiting_s_ == 0 ? 0 : in_flight_while_waiting_s_ / waiting_s_ / 2;
    Services few;
    for (std::size_t number = 0; number != services_.size(); ++number) {
        if (most_of(number) <= std::max(half, 1.0)) {
            few.add(services_[number]);
        }
    }
    return few;
}

Concurrency::Free Concurrency::free_service() const {
    constexpr double enough = 5;
    Services const few = services_with_few();
    if (few.count >= enough) {
        return {.mean_s = few.mean_s(), .uncertainty_s = few.standard_error_s()};
    }
    // Where all clients are busy from the first moment on, there are hardly any.
    return {.mean_s = as_planned_.mean_s(), .uncertainty_s = 0};
}

double Concurrency::free_service_s() const {
    return free_service().mean_s;
}

bool Concurrency::is_too_low() const {
    // A server that takes one message after the other makes N clients that all begin at once wait
    // (N + 1) / 2 times as long as one message takes, and N times as long from then on.
    constexpr double as_long = 1.5;
    constexpr double much_longer = 3;
    constexpr double matters = 0.05;
    auto const [mean_s, uncertainty_s] = free_service();
    double const free_s = mean_s + uncertainty_s;
    return clients_waited_s_ * static_cast<double>(most_in_flight_) > matters * served_s_ &&
           longest_silence_s_ < much_longer * free_s &&
           in_flight_while_waiting_s_ < as_long * free_s * answers_while_waiting_;
}

}  // namespace roger
