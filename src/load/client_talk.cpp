// What a client says when it is due, and what the answers mean.
#include "load/answer.hpp"
#include "load/client.hpp"
#include "load/swarm.hpp"
#include "protocol/quantity.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace roger {

// --- sending ------------------------------------------------------------------------------

void Client::begin() {
    swarm_.plan().enter(course_, number_);
    pace();
}

void Client::due(Clock::time_point now) {
    paced_ = false;
    if (up() && !can_send() && course_.next <= now) {
        set_waiting(true, now);
    }
    pursue(now);
}

/// The next step, if it can be taken now; else it will be when something happens to the client.
void Client::pursue(Clock::time_point now) {
    if (state_ == State::down && course_.next <= now) {
        connect(now);
    } else if (up()) {
        send_due(now);
        if (can_send() || course_.next > now) {
            pace();  // also to learn when a message has to wait
        }
    } else if (state_ == State::down) {
        pace();
    }
}

void Client::pace() {
    if (course_.next != Course::none && !paced_) {
        paced_ = true;
        swarm_.pace(course_.next, *this);
    }
}

bool Client::can_send() const {
    return !flight_.full() && !connection_used_up() && unsent_.empty();
}

bool Client::connection_used_up() const {
    std::size_t const most = swarm_.settings.datagrams() ? 1 : swarm_.settings.per_connection;
    return most != 0 && said_ >= most;
}

void Client::send_due(Clock::time_point now) {
    std::string& out = swarm_.out;
    out.clear();
    while (course_.next <= now && can_send()) {
        if (swarm_.settings.datagrams()) {
            connection_ = static_cast<std::uint32_t>(swarm_.next_place());
        }
        ++messages_;
        append_message(out);
        flight_.push({.planned = course_.next,
                      .sent = now,
                      .own_delay = now - std::max(course_.next, could_send_at_)});
        swarm_.concurrency().sent(now);
        ++said_;
        if (swarm_.settings.audit) {
            swarm_.trail().sent(number_);
        }
        swarm_.plan().take(course_, can_send());
    }
    if (out.empty()) {
        return;
    }
    set_waiting(course_.next <= now && !can_send(), now);
    if (!deadline_.armed()) {
        swarm_.arm(deadline_, ClientWait::answer, now);
    }
    send(out);
}

void Client::append_message(std::string& out) const {
    swarm_.messages().append(out,
                             {.client = number_, .connection = connection_, .message = messages_});
}

/// A datagram that has not gone out: the network refused it, or the server's queue was full.
void Client::say_again(Clock::time_point now) {
    connection_ = static_cast<std::uint32_t>(swarm_.next_place());
    swarm_.out.clear();
    append_message(swarm_.out);
    said_ = 1;
    swarm_.arm(deadline_, ClientWait::answer, now);
    send(swarm_.out);
}

void Client::send(std::string_view bytes) {
    ssize_t const taken = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN) {
        if (swarm_.settings.datagrams()) {
            connect_failed(errno);
        } else {
            // The socket is ready for reading now: what the server said last comes before the
            // error.
            unsent_.clear();
        }
        return;
    }
    auto const sent = static_cast<std::size_t>(std::max<ssize_t>(taken, 0));
    swarm_.recorder().sent_bytes(sent);
    std::string rest(bytes.substr(sent));
    bool const waited = !unsent_.empty();
    unsent_ = std::move(rest);
    if (waited == unsent_.empty()) {
        swarm_.readiness().change(socket_, EPOLLIN | (waited ? 0U : EPOLLOUT), *this);
    }
}

// --- receiving ----------------------------------------------------------------------------

void Client::ready(std::uint32_t events) {
    if (state_ == State::connecting) {
        int const error = connect_error(socket_, swarm_.target.endpoints[endpoint_]);
        if (error != 0) {
            connect_failed(error);
            return;
        }
        swarm_.readiness().change(socket_, EPOLLIN, *this);
        made_contact(kept_waiting(Clock::now()));
        return;
    }
    if ((events & EPOLLOUT) != 0 && !unsent_.empty()) {
        auto const now = Clock::now();
        if (swarm_.settings.datagrams()) {
            say_again(now);
        } else {
            send(std::string(unsent_));
        }
        pursue(now);
    }
    if ((events & ~EPOLLOUT) != 0) {
        receive();
    }
}

void Client::receive() {
    ssize_t const size = ::recv(socket_, swarm_.scratch.data(), swarm_.scratch.size(), 0);
    bool const datagrams = swarm_.settings.datagrams();
    swarm_.recorder().received_bytes(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (datagrams && size >= 0) {
        take_datagram({swarm_.scratch.data(), static_cast<std::size_t>(size)}, Clock::now());
    } else if (datagrams && errno == ECONNREFUSED) {
        connect_failed(ECONNREFUSED);
    } else if (size > 0) {
        take({swarm_.scratch.data(), static_cast<std::size_t>(size)}, Clock::now());
    } else if (state_ == State::greeting && (size == 0 || errno != EAGAIN)) {
        connect_failed(size == 0 ? ECONNRESET : errno);
    } else if (size == 0) {
        lost(begun_.empty() ? "closed by the server" : "closed in the middle of an answer");
    } else if (errno != EAGAIN && errno != EINTR) {
        lost(std::system_category().message(errno));
    }
}

void Client::take(std::string_view bytes, Clock::time_point now) {
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
    if (begun_.size() > Swarm::most_answer) {
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
void Client::take_datagram(std::string_view bytes, Clock::time_point now) {
    if (flight_.empty()) {
        swarm_.recorder().surplus_answer(now);
        return;
    }
    Clock::time_point const planned = flight_.oldest().planned;
    swarm_.datagram_answered(connection_, planned);
    answer(bytes.ends_with('\n') ? bytes.substr(0, bytes.size() - 1) : bytes, now);
    rest(Latecomers::After::answer, planned);
    state_ = State::down;
    swarm_.plan().free(course_, now);
    pursue(now);
    leave_if_done();
}

/// Its socket has done its duty, and is only listened to.
void Client::rest(Latecomers::After after, Clock::time_point planned) {
    swarm_.latecomers().take(std::exchange(socket_, -1), endpoint_, after, planned);
}

void Client::answer(std::string_view line, Clock::time_point now) {
    if (state_ == State::greeting) {
        connected(now, kept_waiting(now));
        return;
    }
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    if (flight_.empty()) {
        // A refusal may concern the connection; any other line answers a message.
        if (!is_refusal(line)) {
            swarm_.recorder().surplus_answer(now);
        }
        return;
    }
    Sent const message = flight_.pop();
    could_send_at_ = now - message.own_delay - kept_waiting(now);
    swarm_.concurrency().answered(now, now - message.sent,
                                  message.sent - message.own_delay == message.planned,
                                  kept_waiting(now));
    count_fate(message, line, now);
}

void Client::count_fate(Sent const& message, std::string_view line, Clock::time_point now) {
    Recorder& recorder = swarm_.recorder();
    Fate const fate = fate_of_answer(line, swarm_.settings.expect);
    if (fate != Fate::acked) {
        recorder.failed(message.planned, fate, excerpt(line));
        return;
    }
    recorder.acked(message, now, kept_waiting(now));
    if (swarm_.settings.audit) {
        swarm_.trail().acked(number_, messages_ - flight_.size());
    }
}

void Client::answered(Clock::time_point now) {
    if (flight_.empty() && connection_used_up()) {
        swarm_.recorder().disconnected(false);
        close();
        state_ = State::down;
    }
    // A part of an answer frees nobody.
    if (connection_used_up() ? flight_.empty() : !flight_.full()) {
        swarm_.plan().free(course_, now);
    }
    pursue(now);
    leave_if_done();
}

void Client::lost(std::string_view reason) {
    if (state_ == State::leaving) {
        go();
    } else {
        give_up_connection(flight_.empty(), reason);
    }
}

/// `idle`: there was no message in flight.
void Client::give_up_connection(bool idle, std::string_view reason) {
    if (!swarm_.settings.datagrams()) {
        swarm_.recorder().disconnected(idle);
    }
    auto const now = Clock::now();
    could_send_at_ = now - (flight_.empty() ? Clock::duration(0) : flight_.oldest().own_delay);
    while (!flight_.empty()) {
        swarm_.concurrency().lost(now);
        swarm_.recorder().failed(flight_.pop().planned, Fate::connection_lost, reason);
    }
    set_waiting(false, now);
    close();
    state_ = State::down;
    // Not at once, but in its turn: a server that takes and drops connections as fast as they
    // come must not keep this loop from the other clients.
    swarm_.plan().free(course_, now);
    pace();
    leave_if_done();
}

bool Client::is_overdue(Clock::time_point now) const {
    return !flight_.empty() && now - flight_.oldest().sent >= *swarm_.settings.ack_timeout;
}

void Client::check_answer_time() {
    auto const now = Clock::now();
    if (is_overdue(now)) {
        receive();  // the answer may be here, where this loop was not ready for it in time
    }
    if (flight_.empty()) {
        return;
    }
    if (!is_overdue(now)) {
        swarm_.arm(deadline_, ClientWait::answer, now);
        return;
    }
    // Which message a later answer belongs to could not be told.
    Sent const message = flight_.pop();
    swarm_.concurrency().lost(now);
    swarm_.recorder().failed(message.planned, Fate::timed_out,
                             "no answer within " + to_string(swarm_.settings.ack_timeout));
    if (swarm_.settings.datagrams() && unsent_.empty()) {
        rest(Latecomers::After::timeout, message.planned);
    }
    give_up_connection(false, "given up, since an earlier message timed out");
    could_send_at_ = now - message.own_delay;
}

// --- what the load tester itself is to blame for ------------------------------------------

/// How much sooner what the swarm has just been told of would have been seen to.
Clock::duration Client::kept_waiting(Clock::time_point now) const {
    return now - swarm_.readiness().ready_since();
}

/// A message that was planned then has not been sent, mostly because of the load tester.
bool Client::delayed_itself(Clock::time_point planned, Clock::time_point now) const {
    auto const own =
        flight_.empty() ? now - std::max(planned, could_send_at_) : flight_.oldest().own_delay;
    return own > (now - planned) / 2;
}

void Client::set_waiting(bool waiting, Clock::time_point now) {
    if (waiting == waiting_) {
        return;
    }
    waiting_ = waiting;
    if (waiting) {
        swarm_.concurrency().wait_begins(now);
    } else {
        swarm_.concurrency().wait_ends(now);
    }
}

}  // namespace roger
