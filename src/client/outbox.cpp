// Messages from send() to their answers.
#include "client/outbox.hpp"

#include "protocol/line_ending.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace roger {

namespace {

/// Enough for a write to cost little per message, and little enough for its progress to tell which
/// messages were sent.
constexpr std::size_t batch_bytes = 64 * 1024;

ClientError error_of(Failure const& failure, bool sent) {
    return {failure.code, failure.sentence, failure.cause, sent};
}

}  // namespace

Outgoing::Outgoing(Outbox& outbox, std::string_view text, asio::any_io_executor const& executor)
    : outbox_(outbox), text_(text), done_(executor) {
    outbox_.enter(*this);
}

Outgoing::~Outgoing() {
    outbox_.leave(*this);
}

Answer Outgoing::take_answer() {
    if (failure_) {
        throw ClientError(*failure_);
    }
    return {std::move(*answer_)};
}

bool Outgoing::begun() const {
    return in_flight_ && begin_ < outbox_.offered_;
}

bool Outgoing::written() const {
    return in_flight_ && end_ <= outbox_.sent_;
}

void Outgoing::fail(ClientError const& failure) {
    failure_ = failure;
    done_.cancel();
}

void Outbox::enter(Outgoing& message) {
    queued_.push_back(&message);
    ++size_;
}

void Outbox::leave(Outgoing& message) {
    if (!message.done()) {
        auto& messages = message.in_flight_ ? in_flight_ : queued_;
        auto const place = std::ranges::find(messages, &message);
        if (message.in_flight_) {
            *place = nullptr;
        } else {
            messages.erase(place);
        }
    }
    if (--size_ == 0) {
        on_empty_();
    }
}

std::vector<UnacknowledgedMessage> Outbox::unacknowledged() const {
    std::vector<UnacknowledgedMessage> messages;
    messages.reserve(in_flight_.size() + queued_.size());
    for (auto const* const each : {&in_flight_, &queued_}) {
        for (Outgoing const* const message : *each) {
            if (message != nullptr) {
                messages.push_back({message->text_, message->sent()});
            }
        }
    }
    return messages;
}

void Outbox::next_batch(std::string& bytes, std::size_t window) {
    bytes.clear();
    batch_begin_ = batched_;
    while (!queued_.empty() && in_flight_.size() < window && bytes.size() < batch_bytes) {
        Outgoing& message = *queued_.front();
        queued_.pop_front();
        in_flight_.push_back(&message);
        message.in_flight_ = true;
        message.begin_ = batch_begin_ + bytes.size();
        bytes.append(message.text_).append(line_ending_after(message.text_));
        message.end_ = batch_begin_ + bytes.size();
    }
    batched_ += bytes.size();
}

void Outbox::sent(std::size_t bytes, std::size_t offered) {
    sent_ = batch_begin_ + bytes;
    offered_ = std::min(sent_ + offered, batched_);
}

void Outbox::batch_sent(Clock::time_point now) {
    sent_ = offered_ = batched_;
    for (Outgoing* const message : std::views::reverse(in_flight_)) {
        if (message != nullptr && message->begin_ < batch_begin_) {
            break;
        }
        if (message != nullptr) {
            message->waits_since_ = now;
        }
    }
}

void Outbox::answer(std::string_view text) {
    Outgoing* const message = in_flight_.front();
    in_flight_.pop_front();
    if (message != nullptr) {
        message->answer_ = text;
        message->done_.cancel();
    }
}

void Outbox::connection_lost(Loss const& loss, Resend resend) {
    std::deque<Outgoing*> again;
    Failure const* failure = &loss.first;
    for (Outgoing* const message : in_flight_) {
        if (message != nullptr) {
            bool const sent = message->sent_before_ = message->sent();
            message->in_flight_ = false;
            if (resend == Resend::all || (resend == Resend::unsent && !sent)) {
                again.push_back(message);
            } else {
                message->fail(error_of(*failure, sent));
            }
        }
        failure = &loss.others;
    }
    in_flight_.clear();
    queued_.insert(queued_.begin(), again.begin(), again.end());
}

void Outbox::fail_queued(Failure const& failure) {
    for (Outgoing* const message : std::exchange(queued_, {})) {
        message->fail(error_of(failure, message->sent()));
    }
}

void Outbox::fail_all(Failure const& failure) {
    connection_lost({failure, failure}, Resend::nothing);
    fail_queued(failure);
}

}  // namespace roger
