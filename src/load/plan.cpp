// When messages are planned.
#include "load/plan.hpp"

#include "load/random.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

namespace roger {

std::optional<Clock::duration> planned_length(LoadSettings const& settings) {
    if (settings.messages) {
        return settings.rate
                   ? std::optional(settings.rate->when(static_cast<double>(*settings.messages)))
                   : std::nullopt;
    }
    return settings.duration;
}

Plan::Plan(LoadSettings const& settings, Shard share)
    : mode_(!settings.rate                        ? Mode::closed
            : settings.arrivals == Arrivals::even ? Mode::even
                                                  : Mode::poisson),
      shard_(share),
      clients_(settings.clients),
      rate_(settings.rate),
      think_time_(settings.think_time),
      messages_(settings.messages),
      seed_(settings.seed),
      tickets_(messages_ ? share.part(*messages_) : std::numeric_limits<std::uint64_t>::max()) {}

void Plan::start(Timeline timeline) {
    timeline_ = timeline;
}

std::uint64_t Plan::messages_of(std::size_t client) const {
    return Shard{.index = client, .of = clients_}.part(*messages_);
}

std::optional<std::uint64_t> Plan::quota() const {
    return messages_ && mode_ == Mode::closed ? std::optional(shard_.part(*messages_))
                                              : std::nullopt;
}

void Plan::enter(ClientSchedule& schedule, std::size_t client) {
    schedule.client = static_cast<std::uint32_t>(client);
    switch (mode_) {
        case Mode::closed:
            plan_closed(schedule, timeline_.go);
            return;
        case Mode::even: {
            // Messages of the warm-up have negative numbers: number 0 is planned at the beginning.
            auto const warm = static_cast<std::int64_t>(
                std::floor(-rate_->planned_by(timeline_.go - timeline_.begin)));
            auto const clients = static_cast<std::int64_t>(clients_);
            schedule.index = (static_cast<std::int64_t>(client) + warm) % clients - warm;
            plan_even(schedule);
            return;
        }
        case Mode::poisson:
            schedule.next = timeline_.go;
            schedule.index = timeline_.go < timeline_.begin ? -1 : 0;
            plan_poisson(schedule);
            return;
    }
}

void Plan::take(ClientSchedule& schedule, bool can_send) {
    switch (mode_) {
        case Mode::closed:
            if (can_send) {
                plan_closed(schedule, schedule.next + think_time(schedule));
            } else {
                schedule.next = ClientSchedule::none;
            }
            return;
        case Mode::even:
            schedule.index += static_cast<std::int64_t>(clients_);
            plan_even(schedule);
            return;
        case Mode::poisson:
            plan_poisson(schedule);
            return;
    }
}

std::uint64_t Plan::give_up(ClientSchedule& schedule, Clock::time_point until) {
    if (mode_ == Mode::even) {
        return give_up_even(schedule, until);
    }
    std::uint64_t measured = 0;
    while (schedule.next < until) {
        measured += schedule.next >= timeline_.begin ? 1 : 0;
        take(schedule, false);
    }
    return measured;
}

/// Looks for the first message that is not given up by halving the numbers that it can have.
std::uint64_t Plan::give_up_even(ClientSchedule& schedule, Clock::time_point until) {
    if (schedule.next >= until) {
        return 0;
    }
    auto const clients = static_cast<std::int64_t>(clients_);
    std::int64_t const first = schedule.index;
    auto const is_given_up = [&](std::int64_t nth) {
        schedule.index = first + nth * clients;
        plan_even(schedule);
        return schedule.next < until;
    };
    std::int64_t given_up = 0;
    std::int64_t beyond = 1;
    while (is_given_up(beyond)) {
        given_up = std::exchange(beyond, 2 * beyond);
    }
    while (beyond - given_up > 1) {
        std::int64_t const middle = given_up + (beyond - given_up) / 2;
        (is_given_up(middle) ? given_up : beyond) = middle;
    }
    is_given_up(beyond);
    // Those of the warm-up have negative numbers.
    std::int64_t const warm = first < 0 ? (-first + clients - 1) / clients : 0;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(beyond - warm, 0));
}

void Plan::free(ClientSchedule& schedule, Clock::time_point now) {
    if (mode_ == Mode::closed && schedule.next == ClientSchedule::none) {
        plan_closed(schedule, now + think_time(schedule));
    }
}

void Plan::end(Clock::time_point now) {
    timeline_.end = std::min(timeline_.end, now);
}

Clock::duration Plan::think_time(ClientSchedule& schedule) const {
    if (!think_time_) {
        return Clock::duration(0);
    }
    double const random = uniform(seed_, Draw::think_time, schedule.client,
                                  static_cast<std::uint64_t>(schedule.index++));
    return std::chrono::round<Clock::duration>(
        std::chrono::duration<double, std::milli>(think_time_->value(random)));
}

void Plan::plan_closed(ClientSchedule& schedule, Clock::time_point at) {
    bool const measured = at >= timeline_.begin;
    if (at >= timeline_.end || (measured && tickets_ == 0)) {
        schedule.next = ClientSchedule::none;
        return;
    }
    tickets_ -= measured ? 1 : 0;
    schedule.next = at;
}

void Plan::plan_even(ClientSchedule& schedule) {
    auto const after = rate_->when(static_cast<double>(schedule.index));
    bool const beyond = messages_ && schedule.index >= static_cast<std::int64_t>(*messages_);
    schedule.next = beyond || after >= timeline_.end - timeline_.begin ? ClientSchedule::none
                                                                       : timeline_.begin + after;
}

/// A schedule's index is the number of its next draw; the warm-up's are negative. Where a number of
/// messages is asked for, they are as independent arrivals are that happen to be so many: each at
/// any moment with equal probability, and so the next is the least of those that are left.
void Plan::plan_poisson(ClientSchedule& schedule) {
    auto const random = [&] {
        auto const draw = schedule.index < 0 ? schedule.index-- : schedule.index++;
        return uniform(seed_, Draw::arrival, schedule.client, static_cast<std::uint64_t>(draw));
    };
    auto const gap = [&] { return static_cast<double>(clients_) * -std::log(random()); };
    double planned = rate_->planned_by(schedule.next - timeline_.begin);
    if (schedule.index < 0) {
        planned += gap();
        if (planned < 0) {
            schedule.next = timeline_.begin + rate_->when(planned);
            return;
        }
        planned = 0;
        schedule.index = 0;
    }
    if (messages_) {
        auto const left = messages_of(schedule.client) - static_cast<std::uint64_t>(schedule.index);
        if (left == 0) {
            schedule.next = ClientSchedule::none;
            return;
        }
        planned += (static_cast<double>(*messages_) - planned) *
                   (1 - std::pow(random(), 1 / static_cast<double>(left)));
    } else {
        planned += gap();
    }
    auto const after = rate_->when(planned);
    schedule.next =
        after >= timeline_.end - timeline_.begin ? ClientSchedule::none : timeline_.begin + after;
}

}  // namespace roger
