// Listening to sockets that rest.
#include "load/late_replies.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace roger {

LateReplies::LateReplies(Readiness& readiness, Recorder& recorder, Clock::duration listen_time,
                         std::size_t most)
    : readiness_(readiness),
      recorder_(recorder),
      listen_time_(listen_time),
      listened_(listen_time),
      answered_(*this, most),
      timed_out_(*this, most) {}

void LateReplies::take(Descriptor socket, std::uint16_t endpoint, After after,
                       Clock::time_point planned) {
    auto const now = Clock::now();
    Queue& queue = after == After::answer ? answered_ : timed_out_;
    while (!timed_out_.empty() && rested(timed_out_.front(), now)) {
        release(timed_out_, now);
    }
    if (queue.full()) {
        release(queue, now);
    }
    Resting& resting = queue.push();
    resting.socket = std::move(socket);
    resting.endpoint = endpoint;
    resting.answered = after == After::answer;
    resting.planned = planned;
    resting.since = now;
    readiness_.change(resting.socket.get(), EPOLLIN, resting);
}

Descriptor LateReplies::reuse(std::uint16_t endpoint) {
    auto const now = Clock::now();
    if (answered_.empty() || !(answered_.full() || rested(answered_.front(), now))) {
        return {};
    }
    bool const fits = answered_.front().endpoint == endpoint;
    Descriptor socket = release(answered_, now);
    return fits ? std::move(socket) : Descriptor();
}

Clock::time_point LateReplies::over_at() const {
    auto last = Clock::time_point::min();
    for (Queue const* const queue : {&answered_, &timed_out_}) {
        if (!queue->empty()) {
            last = std::max(last, queue->back().since + listen_time_);
        }
    }
    return last;
}

/// Reads it for the last time: no answer to an old message may be taken for one to a new message.
Descriptor LateReplies::release(Queue& queue, Clock::time_point now) {
    Resting& resting = queue.front();
    hear(resting);
    listened_ = std::min(listened_, now - resting.since);
    Descriptor socket = std::move(resting.socket);
    queue.pop();
    return socket;
}

void LateReplies::hear(Resting& resting) {
    char begin = 0;  // of no interest, like the rest
    for (;;) {
        if (::recv(resting.socket.get(), &begin, sizeof begin, 0) < 0) {
            if (errno == ECONNREFUSED) {
                continue;  // an error from the network, not an answer of the server's
            }
            return;
        }
        if (std::exchange(resting.answered, true)) {
            recorder_.surplus_answer(resting.planned);
        } else {
            recorder_.late_answer(resting.planned);
        }
    }
}

void LateReplies::Resting::on_event(std::uint32_t /*events*/) {
    if (socket) {  // else it was in use again before its turn came
        among->hear(*this);
    }
}

LateReplies::Queue::Queue(LateReplies& among, std::size_t most) : slots_(most) {
    for (Resting& slot : slots_) {
        slot.among = &among;
    }
}

LateReplies::Resting& LateReplies::Queue::push() {
    return slots_[(first_ + size_++) % slots_.size()];
}

void LateReplies::Queue::pop() {
    first_ = (first_ + 1) % slots_.size();
    --size_;
}

}  // namespace roger
