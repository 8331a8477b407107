// The queues of deadlines and the one timer that drives them.
#include "net/deadlines.hpp"

namespace roger {

void DeadlineQueues::arm(Deadline& deadline, Wait wait, TimePoint now) {
    deadline.disarm();
    auto const index = static_cast<std::size_t>(wait);
    if (!lengths_[index]) {
        return;
    }
    deadline.at_ = now + *lengths_[index];
    deadline.link_before(queues_[index]);
}

std::optional<DeadlineQueues::TimePoint> DeadlineQueues::next() const {
    std::optional<TimePoint> earliest;
    for (Hook const& queue : queues_) {
        if (queue.linked() && (!earliest || first(queue).at_ < *earliest)) {
            earliest = first(queue).at_;
        }
    }
    return earliest;
}

void DeadlineQueues::expire(TimePoint now) {
    for (std::size_t index = 0; index < wait_count; ++index) {
        Hook const& queue = queues_[index];
        while (queue.linked() && first(queue).at_ <= now) {
            Deadline& come = first(queue);
            come.disarm();
            come.owner_.deadline_came(static_cast<Wait>(index));
        }
    }
}

void DeadlineTimer::arm(Deadline& deadline, Wait wait) {
    queues_.arm(deadline, wait, std::chrono::steady_clock::now());
    if (deadline.armed() && (!wakes_at_ || deadline.at() < *wakes_at_)) {
        wake_at(deadline.at());
    }
}

void DeadlineTimer::wake_at(DeadlineQueues::TimePoint at) {
    wakes_at_ = at;
    timer_.expires_at(at);
    timer_.async_wait([this](asio::error_code error) {
        if (error) {
            return;
        }
        wakes_at_.reset();
        queues_.expire(std::chrono::steady_clock::now());
        // Deadlines that were armed by an owner just told have set the timer already.
        if (auto const next = queues_.next(); next && !wakes_at_) {
            wake_at(*next);
        }
    });
}

}  // namespace roger
