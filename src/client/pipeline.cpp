// What is behind a Client: one connection after the other.
#include "client/pipeline.hpp"

#include "net/cancelled.hpp"
#include "net/connect.hpp"
#include "net/last_error.hpp"
#include "net/require_option.hpp"
#include "net/spawn.hpp"
#include "protocol/answers.hpp"
#include "protocol/line_ending.hpp"
#include "protocol/quantity.hpp"

#include <asio/as_tuple.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/buffer.hpp>
#include <asio/cancel_at.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>

namespace roger {

namespace {

/// The peer is gone; what it sent before can still be there to be read.
bool is_gone(asio::error_code const& error) {
    return error == asio::error::eof || error == asio::error::broken_pipe ||
           error == asio::error::connection_reset;
}

/// An answer that the end of the stream has cut off may have lost what makes it a refusal.
bool is_answer(std::string_view text) {
    return !text.empty() && !refusal_prefix.starts_with(text);
}

/// Of messages that suffer for the reason of another one.
Failure given_up(std::string const& reason) {
    return {Errc::connection_closed, "the connection was given up: " + reason};
}

Loss of_all(Failure const& failure) {
    return {failure, failure};
}

Loss failed(std::string_view what, asio::error_code error) {
    return of_all({Errc::io_error, fmt::format("{} failed: {}", what, error.message()),
                   standard_error(error)});
}

/// `begun`: a part of an answer was received.
Loss reading_failed(asio::error_code error, bool begun) {
    if (error == asio::error::not_found) {
        std::string const reason =
            "the server's answer is longer than " + size_to_string(longest_answer);
        return {{Errc::answer_too_long, reason}, given_up(reason)};
    }
    if (!is_gone(error)) {
        return failed("receiving", error);
    }
    Failure const closed{Errc::connection_closed,
                         "the server closed the connection without an answer",
                         error == asio::error::eof ? std::error_code() : standard_error(error)};
    Failure const cut_off{Errc::answer_cut_off,
                          "the server closed the connection in the middle of its answer",
                          closed.cause};
    return {begun ? cut_off : closed, closed};
}

}  // namespace

Client::Pipeline::Pipeline(Socket socket, Address address, ClientOptions const& options)
    : executor_(socket.get_executor()),
      address_(std::move(address)),
      options_(options),
      socket_(std::move(socket)),
      outbox_([this] {
          if (empty_) {
              empty_->cancel();
          }
      }),
      hook_(executor_, {.before_coroutines = [this] { context_ends(); }}) {
    if (options_.reconnect) {
        backoff_.emplace(*options_.reconnect);
    }
}

asio::awaitable<Answer> Client::Pipeline::send(std::shared_ptr<Pipeline> self,
                                               std::string_view text, Timeout ack_timeout) {
    if (text.find('\n') != text.npos) {
        throw std::invalid_argument("a message holds no newline: it would be two messages");
    }
    require_timeout("ack_timeout", ack_timeout);
    self->require_open();
    Outgoing message(self->outbox_, text, self->executor_);
    self->start_writing();
    while (!message.done()) {
        co_await message.wait_until(moment_after(ack_timeout, message.waits_since()));
        if (!message.done()) {
            co_await throw_if_cancelled();
            if (Clock::now() >= moment_after(ack_timeout, message.waits_since())) {
                self->expire(message, ack_timeout);
            }
        }
    }
    co_return message.take_answer();
}

void Client::Pipeline::require_open() const {
    if (state_ != State::open) {
        throw ClientError(Errc::client_closed, "the client is closed");
    }
    if (!options_.reconnect && (!socket_ || lost_)) {
        throw ClientError(Errc::connection_closed, "the connection is closed");
    }
}

/// An answer that comes too late must not be taken for the next message's, nor must a message that
/// has been begun be left without its end: either way the connection is of no use any more.
void Client::Pipeline::expire(Outgoing const& message, Timeout timeout) {
    bool const written = message.written();
    bool const sent = message.sent();
    std::string reason =
        (written ? "no answer within " : "the server did not take the message within ") +
        to_string(timeout);
    if (message.begun()) {
        lose(of_all(given_up(reason)));
    } else if (!socket_) {
        reason += ": " + last_failure_.sentence;
    }
    throw ClientError(written ? Errc::ack_timeout : Errc::write_timeout, reason,
                      socket_ ? std::error_code() : last_failure_.cause, sent);
}

void Client::Pipeline::start_writing() {
    if (writing_ || !can_write()) {
        return;
    }
    writing_ = true;
    auto ended = [self = shared_from_this()](std::exception_ptr const& thrown) {
        self->writing_ = false;
        self->ended(thrown);
    };
    asio::co_spawn(executor_, write(),
                   asio::bind_cancellation_slot(stop_writing_.slot(), std::move(ended)));
}

bool Client::Pipeline::can_write() const {
    if (state_ == State::closed || lost_ || !outbox_.has_queued()) {
        return false;
    }
    return socket_ ? outbox_.in_flight() < options_.window : options_.reconnect.has_value();
}

asio::awaitable<void> Client::Pipeline::write() {
    std::string bytes;
    // Called before each part is sent, and at the end.
    auto const next_part = [this](asio::error_code const& error, std::size_t sent) {
        std::size_t const most = asio::transfer_all()(error, sent);
        outbox_.sent(sent, most);
        return most;
    };
    while (can_write()) {
        if (is_stale()) {
            socket_.reset();
            received_.clear();
        }
        if (!socket_) {
            co_await reconnect();
            continue;
        }
        outbox_.next_batch(bytes, options_.window);
        // The server reads on while it refuses a message that is too long, and there is a reader
        // for its answers: neither side waits for the other.
        start_reading();
        auto const [error, sent] =
            co_await asio::async_write(*socket_, asio::buffer(bytes), next_part, asio::as_tuple);
        if (error) {
            outbox_.sent(sent, 0);
            // A peer that is gone may have sent the reason: the reader finds it.
            if (!is_gone(error)) {
                lose(failed("sending", error));
            }
            break;
        }
        outbox_.batch_sent(Clock::now());
    }
}

/// With no answer to come, anything from the server means the end of the connection: an idle
/// timeout, say. A message is not to be lost to that if there can be another one.
bool Client::Pipeline::is_stale() {
    if (!socket_ || !options_.reconnect || reading_ || outbox_.in_flight() > 0) {
        return false;
    }
    char byte{};
    ssize_t const peeked =
        ::recv(socket_->native_handle(), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    return !received_.empty() || peeked >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

asio::awaitable<void> Client::Pipeline::reconnect() {
    auto const delay = backoff_->next();
    if (!delay) {
        outbox_.fail_queued(last_failure_);
        backoff_->reset();
        co_return;
    }
    asio::steady_timer timer(executor_, *delay);
    co_await timer.async_wait();
    if (!outbox_.has_queued()) {
        co_return;
    }
    try {
        socket_.emplace(co_await connect(address_, options_.connect_timeout));
    } catch (ClientError const& failure) {
        last_failure_ = {static_cast<Errc>(failure.code().value()), failure.what(),
                         failure.cause()};
    }
}

void Client::Pipeline::start_reading() {
    if (reading_) {
        return;
    }
    reading_ = true;
    asio::co_spawn(executor_, read(),
                   [self = shared_from_this()](std::exception_ptr const& thrown) {
                       self->reading_ = false;
                       self->ended(thrown);
                   });
}

asio::awaitable<void> Client::Pipeline::read() {
    while (outbox_.in_flight() > 0) {
        auto const [error, size] = co_await asio::async_read_until(
            *socket_, asio::dynamic_buffer(received_, longest_answer), '\n', asio::as_tuple);
        if (lost_ || state_ == State::closed) {
            break;
        }
        if (!error) {
            take_answers();
            start_writing();
        } else if (is_gone(error) && is_answer(received_)) {
            // The tutorial's own server ends its answer by closing, and resets what it has not
            // read.
            take_answer(std::exchange(received_, {}));
        } else {
            lose(reading_failed(error, !received_.empty()));
            break;
        }
    }
}

void Client::Pipeline::take_answers() {
    std::size_t begin = 0;
    while (outbox_.in_flight() > 0) {
        std::size_t const end = received_.find('\n', begin);
        if (end == received_.npos) {
            break;
        }
        std::string_view const line(&received_[begin], end + 1 - begin);
        take_answer(without_line_ending(line));
        begin = end + 1;
    }
    received_.erase(0, begin);
}

void Client::Pipeline::take_answer(std::string_view text) {
    outbox_.answer(text);
    if (backoff_) {
        backoff_->reset();
    }
}

/// The writer's or the reader's end.
void Client::Pipeline::ended(std::exception_ptr const& thrown) {
    if (thrown) {
        lose(of_all({Errc::io_error, describe(thrown)}));
    }
    if (lost_ && !writing_ && !reading_) {
        settle();
    }
    start_writing();
    half_close();
}

void Client::Pipeline::lose(Loss loss) {
    if (lost_ || !socket_ || state_ == State::closed) {
        return;
    }
    lost_ = std::move(loss);
    asio::error_code ignored;
    socket_->close(ignored);
}

void Client::Pipeline::settle() {
    Loss const loss = *std::exchange(lost_, std::nullopt);
    socket_.reset();
    received_.clear();
    last_failure_ = loss.others;
    outbox_.connection_lost(loss, !options_.reconnect          ? Resend::nothing
                                  : options_.reconnect->resend ? Resend::all
                                                               : Resend::unsent);
    if (!options_.reconnect) {
        outbox_.fail_queued({loss.others.code,
                             "the connection was closed before the message was sent",
                             loss.others.cause});
    }
}

asio::awaitable<void> Client::Pipeline::close(std::shared_ptr<Pipeline> self, Timeout timeout) {
    require_timeout("timeout", timeout);
    Clock::time_point const deadline = moment_after(timeout);
    if (self->state_ == State::open) {
        self->state_ = State::closing;
        self->empty_.emplace(self->executor_, Clock::time_point::max());
    }
    self->half_close();
    while (self->outbox_.size() > 0 && self->state_ == State::closing) {
        co_await self->empty_->async_wait(asio::cancel_at(deadline, asio::as_tuple));
        co_await throw_if_cancelled();
        if (std::size_t const left = self->outbox_.size(); left > 0 && Clock::now() >= deadline) {
            self->close_now();
            throw ClientError(
                Errc::ack_timeout,
                fmt::format("{} {} not answered within {}", left,
                            left == 1 ? "message was" : "messages were", to_string(timeout)));
        }
    }
    self->close_now();
}

void Client::Pipeline::half_close() {
    if (state_ == State::closing && socket_ && !writing_ && !outbox_.has_queued()) {
        asio::error_code ignored;  // a peer that is gone needs no half-close
        socket_->shutdown(Socket::shutdown_send, ignored);
    }
}

void Client::Pipeline::close_now() {
    if (state_ == State::closed) {
        return;
    }
    state_ = State::closed;
    outbox_.fail_all({Errc::client_closed, "the client was closed before there was an answer"});
    if (writing_) {
        stop_writing_.emit(asio::cancellation_type::terminal);
    }
    asio::error_code ignored;
    if (socket_) {
        socket_->close(ignored);
    }
    if (empty_) {
        empty_->cancel();
    }
}

void Client::Pipeline::context_ends() {
    state_ = State::closed;
    socket_.reset();
    empty_.reset();
}

}  // namespace roger
