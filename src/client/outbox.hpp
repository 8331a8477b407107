// Messages from send() to their answers: which wait to be sent, which wait for an answer.
#pragma once

#include "net/clock.hpp"
#include "roger/answer.hpp"
#include "roger/client.hpp"
#include "roger/client_error.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/as_tuple.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace roger {

class Outbox;

/// The message of one send(), in whose frame it is: to enter the outbox, to wait there and to leave
/// it allocates nothing. It enters at the end of the queue when it is made.
class Outgoing {
public:
    Outgoing(Outbox& outbox, std::string_view text, asio::any_io_executor const& executor);
    ~Outgoing();
    Outgoing(Outgoing const&) = delete;
    Outgoing& operator=(Outgoing const&) = delete;

    /// Ends early when the message is done.
    auto wait_until(Clock::time_point deadline);

    [[nodiscard]] bool done() const { return answer_ || failure_; }
    /// Once it is done. Throws what it failed with.
    Answer take_answer();

    /// Some of it was sent on the present connection, or may have been.
    [[nodiscard]] bool begun() const;
    /// All of it was.
    [[nodiscard]] bool written() const;
    /// As ClientError::sent(): on this connection or on one before it.
    [[nodiscard]] bool sent() const { return sent_before_ || begun(); }
    /// When the present wait began: to be sent, or for the answer.
    [[nodiscard]] Clock::time_point waits_since() const { return waits_since_; }

private:
    friend class Outbox;
    void fail(ClientError const& failure);

    Outbox& outbox_;
    std::string_view text_;
    asio::steady_timer done_;  ///< cancelled then
    Clock::time_point waits_since_ = Clock::now();
    std::uint64_t begin_ = 0;  ///< in flight: its offset in the bytes of all batches
    std::uint64_t end_ = 0;
    bool in_flight_ = false;
    bool sent_before_ = false;
    std::optional<std::string> answer_;
    std::optional<ClientError> failure_;
};

/// Why messages got no answer; whether they were sent, each knows for itself.
struct Failure {
    Errc code;
    std::string sentence;
    std::error_code cause = {};
};

/// Why there is no connection any more.
struct Loss {
    Failure first;  ///< of the message that has been in flight the longest
    Failure others;
};

/// What is sent again on the next connection of what was in flight on the last one.
enum class Resend : std::uint8_t {
    nothing,  ///< there is no next connection
    unsent,   ///< of which nothing was sent
    all,
};

/// Knows no socket: a writer takes batches out of it, and tells how much of them the system took; a
/// reader brings the answers.
class Outbox {
public:
    /// `on_empty` is called whenever the last send() has left.
    explicit Outbox(std::function<void()> on_empty) : on_empty_(std::move(on_empty)) {}

    /// How many send()s there are, those included that are done and have not returned.
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool has_queued() const { return !queued_.empty(); }
    /// How many answers are to come, those included that nobody waits for any more.
    [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
    [[nodiscard]] std::vector<UnacknowledgedMessage> unacknowledged() const;

    /// Puts the lines of some messages into `bytes`, at least one if there is one; they are in
    /// flight then. No more than `window` are at once.
    void next_batch(std::string& bytes, std::size_t window);
    /// So many bytes of the batch were sent, and of the next `offered` it is not known yet.
    void sent(std::size_t bytes, std::size_t offered);
    /// All of it was: those of its messages that still wait, wait for their answers now.
    void batch_sent(Clock::time_point now);

    /// Of the message that has been in flight the longest.
    void answer(std::string_view text);

    /// Nothing is in flight any more: it fails, or is the first in the queue again.
    void connection_lost(Loss const& loss, Resend resend);
    void fail_queued(Failure const& failure);
    void fail_all(Failure const& failure);

private:
    friend class Outgoing;
    void enter(Outgoing& message);
    void leave(Outgoing& message);

    std::function<void()> on_empty_;
    std::size_t size_ = 0;
    std::deque<Outgoing*> queued_;
    std::deque<Outgoing*> in_flight_;  ///< null: nobody waits for its answer any more
    std::uint64_t batched_ = 0;        ///< bytes that were put into batches, on every connection
    std::uint64_t batch_begin_ = 0;
    std::uint64_t sent_ = 0;     ///< bytes that the system has taken
    std::uint64_t offered_ = 0;  ///< bytes that it may have taken
};

inline auto Outgoing::wait_until(Clock::time_point deadline) {
    done_.expires_at(deadline);
    return done_.async_wait(asio::as_tuple);
}

}  // namespace roger
