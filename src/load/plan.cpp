// The moments of messages.
#include "load/plan.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace roger {

namespace {

Clock::duration seconds(double count) {
    return std::chrono::round<Clock::duration>(std::chrono::duration<double>(count));
}

double count_seconds(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

Clock::time_point Timeline::last_call() const {
    constexpr int part_of_duration = 100;
    constexpr std::chrono::milliseconds least{10};
    return end == Course::none
               ? end
               : end + std::max<Clock::duration>(least, (end - begin) / part_of_duration);
}

Plan::Plan(LoadSettings const& settings, Share share)
    : mode_(!settings.rate                        ? Mode::closed
            : settings.arrivals == Arrivals::even ? Mode::even
                                                  : Mode::poisson),
      share_(share),
      clients_(settings.clients),
      rate_(settings.rate.value_or(0)),
      messages_(settings.messages),
      tickets_(messages_ ? share.part(*messages_) : std::numeric_limits<std::uint64_t>::max()),
      random_(share.index + 1),
      gap_s_(rate_ > 0 ? rate_ / static_cast<double>(clients_) : 1) {}

void Plan::start(Timeline timeline) {
    timeline_ = timeline;
}

std::uint64_t Plan::messages_of(std::size_t client) const {
    return Share{.index = client, .of = clients_}.part(*messages_);
}

std::optional<std::uint64_t> Plan::quota() const {
    if (!messages_) {
        return std::nullopt;
    }
    if (mode_ == Mode::closed) {
        return share_.part(*messages_);
    }
    std::uint64_t sum = 0;
    for (std::size_t client = share_.index; client < clients_; client += share_.of) {
        sum += messages_of(client);
    }
    return sum;
}

void Plan::enter(Course& course, std::size_t client) {
    switch (mode_) {
        case Mode::closed:
            plan_closed(course, timeline_.go);
            return;
        case Mode::even: {
            // Messages of the warm-up have negative numbers: number 0 is planned at the beginning.
            auto const warm = static_cast<std::int64_t>(
                std::floor(count_seconds(timeline_.begin - timeline_.go) * rate_));
            auto const clients = static_cast<std::int64_t>(clients_);
            course.index = (static_cast<std::int64_t>(client) + warm) % clients - warm;
            plan_even(course);
            return;
        }
        case Mode::poisson:
            course.next = timeline_.go;
            course.index = static_cast<std::int64_t>(messages_ ? messages_of(client) : 0);
            plan_poisson(course);
            return;
    }
}

void Plan::take(Course& course, bool can_send) {
    switch (mode_) {
        case Mode::closed:
            if (can_send) {
                plan_closed(course, course.next);
            } else {
                course.next = Course::none;
            }
            return;
        case Mode::even:
            course.index += static_cast<std::int64_t>(clients_);
            plan_even(course);
            return;
        case Mode::poisson:
            course.index -= course.next >= timeline_.begin ? 1 : 0;
            plan_poisson(course);
            return;
    }
}

void Plan::free(Course& course, Clock::time_point now) {
    if (mode_ == Mode::closed && course.next == Course::none) {
        plan_closed(course, now);
    }
}

void Plan::end(Clock::time_point now) {
    timeline_.end = std::min(timeline_.end, now);
}

void Plan::plan_closed(Course& course, Clock::time_point at) {
    bool const measured = at >= timeline_.begin;
    if (at >= timeline_.end || (measured && tickets_ == 0)) {
        course.next = Course::none;
        return;
    }
    tickets_ -= measured ? 1 : 0;
    course.next = at;
}

void Plan::plan_even(Course& course) {
    auto const at = timeline_.begin + seconds(static_cast<double>(course.index) / rate_);
    bool const beyond = messages_ && course.index >= static_cast<std::int64_t>(*messages_);
    course.next = beyond || at >= timeline_.end ? Course::none : at;
}

/// The number of messages left is what a course's index counts here.
void Plan::plan_poisson(Course& course) {
    auto const at = course.next + seconds(gap_s_(random_));
    bool const beyond = messages_ && at >= timeline_.begin && course.index <= 0;
    course.next = beyond || at >= timeline_.end ? Course::none : at;
}

}  // namespace roger
