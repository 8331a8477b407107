// Joining what the event loops report.
#include "load/intervals.hpp"

#include <algorithm>
#include <utility>

namespace roger {

namespace {

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

void Intervals::add(IntervalPart const& part) {
    std::scoped_lock const lock(mutex_);
    std::size_t const place = part.index - done_.size();
    while (open_.size() <= place) {
        auto const number = done_.size() + open_.size();
        Slot& slot = open_.emplace_back();
        slot.interval.begin_s = seconds(length_ * number);
        slot.interval.length_s = seconds(length_);
    }
    Slot& slot = open_[place];
    slot.interval.acked += part.acked;
    slot.interval.failed += part.failed;
    slot.interval.clients += part.clients;
    slot.response.add(part.response);
    ++slot.reports;
    while (!open_.empty() && open_.front().reports == loops_) {
        open_.front().interval.response = open_.front().response.buckets();
        done_.push_back(std::move(open_.front().interval));
        open_.erase(open_.begin());
    }
}

std::optional<Interval> Intervals::latest() const {
    std::scoped_lock const lock(mutex_);
    return done_.empty() ? std::nullopt : std::optional(done_.back());
}

std::vector<Interval> Intervals::take(std::chrono::nanoseconds measured) {
    std::scoped_lock const lock(mutex_);
    for (Slot& slot : std::exchange(open_, {})) {
        slot.interval.response = slot.response.buckets();
        done_.push_back(std::move(slot.interval));
    }
    drop_after(measured);
    return std::exchange(done_, {});
}

/// A run by number ends with its last ack, and what failed after it belongs to no interval.
void Intervals::drop_after(std::chrono::nanoseconds measured) {
    while (!done_.empty() && done_.back().begin_s >= seconds(measured)) {
        done_.pop_back();
    }
    if (!done_.empty()) {
        Interval& last = done_.back();
        last.length_s = std::min(last.length_s, seconds(measured) - last.begin_s);
    }
}

}  // namespace roger
