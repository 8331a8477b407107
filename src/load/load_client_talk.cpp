// What a client sends when it is due, and what the answers mean.
#include "load/answer.hpp"
#include "load/load_client.hpp"
#include "load/worker.hpp"
#include "net/uninterrupted.hpp"
#include "protocol/answers.hpp"
#include "protocol/line_ending.hpp"
#include "protocol/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace roger {

// --- sending ------------------------------------------------------------------------------

void LoadClient::begin() {
    worker_.plan().enter(schedule_, number_);
    pace();
}

void LoadClient::due(Clock::time_point now) {
    paced_ = false;
    if (up() && !can_send() && schedule_.next <= now) {
        set_waiting(true, now);
    }
    pursue(now);
}

/// The next step, if it can be taken now; else it will be when something happens to the client.
void LoadClient::pursue(Clock::time_point now) {
    if (state_ == State::down && schedule_.next <= now) {
        connect(now);
    } else if (up()) {
        send_due(now);
        if (can_send() || schedule_.next > now) {
            pace();  // also to learn when a message has to wait
        }
    } else if (state_ == State::down) {
        pace();
    }
}

void LoadClient::pace() {
    if (schedule_.next != ClientSchedule::none && !paced_) {
        paced_ = true;
        worker_.pace(schedule_.next, *this);
    }
}

bool LoadClient::can_send() const {
    return !in_flight_.full() && !connection_used_up() && unsent_.empty();
}

bool LoadClient::connection_used_up() const {
    std::size_t const most = worker_.settings.datagrams() ? 1 : worker_.settings.per_connection;
    return most != 0 && sent_on_connection_ >= most;
}

void LoadClient::send_due(Clock::time_point now) {
    std::string& out = worker_.out;
    out.clear();
    while (schedule_.next <= now && can_send()) {
        if (worker_.settings.datagrams()) {
            connection_ = worker_.next_number();
        }
        ++messages_;
        append_message(out);
        in_flight_.push({.planned = schedule_.next,
                         .sent = now,
                         .own_delay = now - std::max(schedule_.next, could_send_at_),
                         .sending = worker_.concurrency().sent(now)});
        ++sent_on_connection_;
        if (worker_.settings.audit) {
            worker_.trail().sent(number_);
        }
        worker_.plan().take(schedule_, can_send());
    }
    if (out.empty()) {
        return;
    }
    set_waiting(schedule_.next <= now && !can_send(), now);
    if (!deadline_.armed()) {
        worker_.arm(deadline_, ClientTimer::answer, now);
    }
    send(out);
}

void LoadClient::append_message(std::string& out) const {
    worker_.messages().append(out,
                              {.client = number_, .connection = connection_, .message = messages_});
}

/// A datagram that has not gone out: the network refused it, or the server's queue was full.
void LoadClient::resend(Clock::time_point now) {
    connection_ = worker_.next_number();
    worker_.out.clear();
    append_message(worker_.out);
    sent_on_connection_ = 1;
    worker_.arm(deadline_, ClientTimer::answer, now);
    send(worker_.out);
}

void LoadClient::send(std::string_view bytes) {
    if (auto const sent = write(bytes)) {
        keep_unsent(bytes.substr(*sent));
    }
}

/// Nothing of what waits is moved, however long it is.
void LoadClient::send_rest() {
    auto const sent = write(std::string_view(unsent_).substr(unsent_begin_));
    if (!sent) {
        return;
    }
    unsent_begin_ += *sent;
    if (unsent_begin_ == unsent_.size()) {
        keep_unsent({});
    }
}

void LoadClient::keep_unsent(std::string_view rest) {
    bool const waited = !unsent_.empty();
    unsent_ = std::string(rest);
    unsent_begin_ = 0;
    if (waited == unsent_.empty()) {
        worker_.readiness().change(socket_.get(), EPOLLIN | (waited ? 0U : EPOLLOUT), *this);
    }
}

std::optional<std::size_t> LoadClient::write(std::string_view bytes) {
    ssize_t const taken = uninterrupted(
        [&] { return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (taken < 0 && errno == EMSGSIZE) {
        throw std::runtime_error(
            fmt::format("a message of {} bytes is more than a datagram to {} can hold: make "
                        "messages shorter",
                        bytes.size(), to_string(worker_.settings.address)));
    }
    if (taken < 0 && errno != EAGAIN) {
        if (worker_.settings.datagrams()) {
            connect_failed(errno);
        } else {
            // The socket is ready for reading now: what the server sent last comes before the
            // error.
            unsent_.clear();
        }
        return std::nullopt;
    }
    auto const sent = static_cast<std::size_t>(std::max<ssize_t>(taken, 0));
    worker_.recorder().sent_bytes(sent);
    return sent;
}

// --- receiving ----------------------------------------------------------------------------

void LoadClient::on_event(std::uint32_t events) {
    if (state_ == State::connecting) {
        int const error = connect_error(socket_.get(), worker_.target.endpoints[endpoint_]);
        if (error != 0) {
            connect_failed(error);
            return;
        }
        worker_.readiness().change(socket_.get(), EPOLLIN, *this);
        made_contact(kept_waiting(Clock::now()));
        return;
    }
    if ((events & EPOLLOUT) != 0 && !unsent_.empty()) {
        auto const now = Clock::now();
        if (worker_.settings.datagrams()) {
            resend(now);
        } else {
            send_rest();
        }
        pursue(now);
        if (!up()) {
            return;  // the socket that was ready is closed
        }
    }
    if ((events & ~EPOLLOUT) != 0) {
        receive();
    }
}

void LoadClient::receive() {
    ssize_t const size = ::recv(socket_.get(), worker_.scratch.data(), worker_.scratch.size(), 0);
    bool const datagrams = worker_.settings.datagrams();
    worker_.recorder().received_bytes(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (datagrams && size >= 0) {
        take_datagram({worker_.scratch.data(), static_cast<std::size_t>(size)}, Clock::now());
    } else if (datagrams && errno == ECONNREFUSED) {
        connect_failed(ECONNREFUSED);
    } else if (size > 0) {
        take({worker_.scratch.data(), static_cast<std::size_t>(size)}, Clock::now());
    } else if (state_ == State::greeting && (size == 0 || errno != EAGAIN)) {
        connect_failed(size == 0 ? ECONNRESET : errno);
    } else if (size == 0) {
        lost(begun_.empty() ? "closed by the server" : "closed in the middle of an answer");
    } else if (errno != EAGAIN && errno != EINTR) {
        lost(std::system_category().message(errno));
    }
}

void LoadClient::take(std::string_view bytes, Clock::time_point now) {
    for (std::size_t end = 0; (end = bytes.find('\n')) != bytes.npos;
         bytes.remove_prefix(end + 1)) {
        if (begun_.empty()) {
            answer(bytes.substr(0, end), now);
        } else {
            begun_.append(bytes.substr(0, end));
            answer(begun_, now);
            begun_ = std::string();
        }
    }
    begun_.append(bytes);
    if (begun_.size() > longest_answer) {
        if (state_ == State::greeting) {
            could_not_connect("a greeting without an end", false);
        } else {
            lost("an answer without an end");
        }
    } else if (up()) {
        answered(now);
    }
}

/// It answers the one message that is in flight, and the next goes out from elsewhere.
void LoadClient::take_datagram(std::string_view bytes, Clock::time_point now) {
    if (in_flight_.empty()) {
        worker_.recorder().surplus_answer(now);
        return;
    }
    Clock::time_point const planned = in_flight_.oldest().planned;
    worker_.datagram_answered(connection_, planned);
    answer(bytes.ends_with('\n') ? bytes.substr(0, bytes.size() - 1) : bytes, now);
    rest(LateReplies::After::answer, planned);
    state_ = State::down;
    worker_.plan().free(schedule_, now);
    pursue(now);
    end_if_done();
}

/// Its socket is not used for now, only listened to.
void LoadClient::rest(LateReplies::After after, Clock::time_point planned) {
    worker_.late_replies().take(std::move(socket_), endpoint_, after, planned);
}

void LoadClient::answer(std::string_view line, Clock::time_point now) {
    if (state_ == State::greeting) {
        connected(now, kept_waiting(now));
        return;
    }
    line = without_return(line);
    if (in_flight_.empty()) {
        // A refusal may concern the connection; any other line answers a message.
        if (!is_refusal(line)) {
            worker_.recorder().surplus_answer();
        }
        return;
    }
    Sent const message = in_flight_.pop();
    could_send_at_ = now - message.own_delay - kept_waiting(now);
    worker_.concurrency().answered(
        now, {.sending = message.sending,
              .service = now - message.sent,
              .sent_as_planned = message.sent - message.own_delay == message.planned,
              .kept_waiting = kept_waiting(now)});
    count_outcome(message, line, now);
}

void LoadClient::count_outcome(Sent const& message, std::string_view line, Clock::time_point now) {
    Recorder& recorder = worker_.recorder();
    Outcome const outcome = outcome_of_answer(line, worker_.settings.expect);
    if (outcome != Outcome::acked) {
        recorder.failed(message.planned, outcome, excerpt(line));
        return;
    }
    recorder.acked(message, now, kept_waiting(now));
    if (worker_.settings.audit) {
        worker_.trail().acked(number_, messages_ - in_flight_.size());
    }
}

void LoadClient::answered(Clock::time_point now) {
    if (in_flight_.empty() && connection_used_up()) {
        worker_.recorder().disconnected(false);
        close();
        state_ = State::down;
    }
    // A part of an answer frees no slot.
    if (connection_used_up() ? in_flight_.empty() : !in_flight_.full()) {
        worker_.plan().free(schedule_, now);
    }
    pursue(now);
    end_if_done();
}

void LoadClient::lost(std::string_view reason) {
    if (state_ == State::lingering) {
        go();
    } else {
        give_up_connection(in_flight_.empty(), reason, false);
    }
}

/// `idle`: there was no message in flight. `excused`: the server is not the reason.
void LoadClient::give_up_connection(bool idle, std::string_view reason, bool excused) {
    if (!worker_.settings.datagrams()) {
        worker_.recorder().disconnected(idle);
    }
    auto const now = Clock::now();
    could_send_at_ =
        now - (in_flight_.empty() ? Clock::duration(0) : in_flight_.oldest().own_delay);
    while (!in_flight_.empty()) {
        worker_.concurrency().lost(now);
        worker_.recorder().failed(in_flight_.pop().planned, Outcome::connection_lost, reason,
                                  excused);
    }
    set_waiting(false, now);
    close();
    state_ = State::down;
    // Not at once, but in its turn: a server that takes and drops connections as fast as they
    // come must not keep this loop from the other clients.
    worker_.plan().free(schedule_, now);
    pace();
    end_if_done();
}

bool LoadClient::is_overdue(Clock::time_point now) const {
    return !in_flight_.empty() && now - in_flight_.oldest().sent >= *worker_.settings.ack_timeout;
}

void LoadClient::check_answer_time() {
    // The time that this loop was kept from looking does not count, and what it has not looked at
    // may be here, behind other answers.
    auto const looking_since = worker_.readiness().ready_since();
    for (bool more = true; more && is_overdue(looking_since);) {
        std::uint64_t const answered = messages_ - in_flight_.size();
        receive();
        more = messages_ - in_flight_.size() != answered;
    }
    if (in_flight_.empty()) {
        return;
    }
    auto const now = Clock::now();
    if (!is_overdue(looking_since)) {
        worker_.arm(deadline_, ClientTimer::answer, now);
        return;
    }
    // Which message a later answer belongs to could not be told.
    Sent const message = in_flight_.pop();
    worker_.concurrency().lost(now);
    worker_.recorder().failed(message.planned, Outcome::timed_out,
                              "no answer within " + to_string(worker_.settings.ack_timeout));
    if (worker_.settings.datagrams() && unsent_.empty()) {
        rest(LateReplies::After::timeout, message.planned);
    }
    give_up_connection(false, "given up, since an earlier message timed out", false);
    could_send_at_ = now - message.own_delay;
}

// --- what the load tester itself is to blame for ------------------------------------------

/// How much sooner the events that the worker has just polled would have been handled.
Clock::duration LoadClient::kept_waiting(Clock::time_point now) const {
    return now - worker_.readiness().ready_since();
}

/// What was planned after that moment has not been sent mostly because of the load tester: for more
/// than half of the time since then, it is what kept the message.
Clock::time_point LoadClient::own_fault_after(Clock::time_point now) const {
    auto const own = in_flight_.empty() ? now - could_send_at_ : in_flight_.oldest().own_delay;
    return now - 2 * own;
}

void LoadClient::set_waiting(bool waiting, Clock::time_point now) {
    if (waiting == waiting_) {
        return;
    }
    waiting_ = waiting;
    if (waiting) {
        worker_.concurrency().wait_begins(now);
    } else {
        worker_.concurrency().wait_ends(now);
    }
}

}  // namespace roger
