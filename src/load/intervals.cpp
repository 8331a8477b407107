// Joining what the event loops report.
#include "load/intervals.hpp"

#include "net/clock.hpp"

#include <algorithm>
#include <utility>

namespace roger {

namespace {

/// The next in time becomes a part of it.
void add_up(Interval& interval, Interval const& next) {
    Histogram response;
    for (Interval const* const part : {static_cast<Interval const*>(&interval), &next}) {
        response.add(part->response);
    }
    interval.length_s += next.length_s;
    interval.acked += next.acked;
    interval.failed += next.failed;
    interval.clients = next.clients;
    interval.response = response.buckets();
}

}  // namespace

void Intervals::add(IntervalPart const& part) {
    std::scoped_lock const lock(mutex_);
    first_open_ = first_open_.value_or(part.index);
    auto const position = static_cast<std::size_t>(part.index - *first_open_);
    while (open_.size() <= position) {
        auto const number = *first_open_ + static_cast<std::int64_t>(open_.size());
        Slot& slot = open_.emplace_back();
        slot.interval.begin_s = to_seconds(length_ * number);
        slot.interval.length_s = to_seconds(length_);
    }
    Slot& slot = open_[position];
    slot.interval.acked += part.acked;
    slot.interval.failed += part.failed;
    slot.interval.clients += part.clients;
    slot.response.add(part.response);
    ++slot.reports;
    finish_reported();
}

void Intervals::end_loop(std::int64_t index) {
    std::scoped_lock const lock(mutex_);
    ended_.push_back(index);
    finish_reported();
}

std::size_t Intervals::loops_in(std::int64_t index) const {
    auto const ended = std::ranges::count_if(ended_, [=](auto first) { return first <= index; });
    return loops_ - static_cast<std::size_t>(ended);
}

void Intervals::finish_reported() {
    while (!open_.empty() && open_.front().reports == loops_in(*first_open_)) {
        finish_front();
    }
}

void Intervals::finish_front() {
    Slot& slot = open_.front();
    slot.interval.response = slot.response.buckets();
    latest_ = slot.interval;
    if (*first_open_ >= 0) {
        keep(std::move(slot.interval));
    }
    open_.erase(open_.begin());
    ++*first_open_;
}

void Intervals::keep(Interval interval) {
    if (!done_.empty() && parts_of_last_ < parts_) {
        add_up(done_.back(), interval);
        ++parts_of_last_;
        return;
    }
    if (done_.size() == most) {
        halve();
    }
    done_.push_back(std::move(interval));
    parts_of_last_ = 1;
}

void Intervals::halve() {
    std::vector<Interval> halved;
    for (std::size_t i = 0; i + 1 < done_.size(); i += 2) {
        add_up(done_[i], done_[i + 1]);
        halved.push_back(std::move(done_[i]));
    }
    done_ = std::move(halved);
    parts_ *= 2;
}

std::optional<Interval> Intervals::latest() const {
    std::scoped_lock const lock(mutex_);
    return latest_;
}

std::vector<Interval> Intervals::take(std::chrono::nanoseconds measured) {
    std::scoped_lock const lock(mutex_);
    while (!open_.empty()) {
        finish_front();
    }
    drop_after(measured);
    return std::exchange(done_, {});
}

/// A run by number ends when its last message is answered: what failed after it belongs to no
/// interval.
void Intervals::drop_after(std::chrono::nanoseconds measured) {
    while (!done_.empty() && done_.back().begin_s >= to_seconds(measured)) {
        done_.pop_back();
    }
    if (!done_.empty()) {
        Interval& last = done_.back();
        last.length_s = std::min(last.length_s, to_seconds(measured) - last.begin_s);
    }
}

}  // namespace roger
