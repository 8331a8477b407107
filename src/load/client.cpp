// A client's life: connect, send what is due, take the answers.
#include "load/client.hpp"

#include "load/answer.hpp"
#include "load/swarm.hpp"
#include "protocol/quantity.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace roger {

namespace {

std::string error_text(int error) {
    std::string text = std::system_category().message(error);
    return error == EADDRNOTAVAIL ? text + " (no port of ours is free: see --source)" : text;
}

}  // namespace

Client::Client(Swarm& swarm, std::size_t number)
    : swarm_(swarm),
      deadline_(*this),
      flight_(swarm.settings.pipeline),
      number_(static_cast<std::uint32_t>(number)) {}

Client::~Client() {
    close();
}

// --- connecting ---------------------------------------------------------------------------

void Client::arrive(Clock::time_point now) {
    arriving_ = true;
    connect(now);
}

void Client::connect(Clock::time_point now) {
    state_ = State::connecting;
    attempt_began_ = now;
    endpoint_ = swarm_.target.preferred.load(std::memory_order_relaxed);
    endpoints_tried_ = 0;
    swarm_.arm(deadline_, ClientWait::connecting, now);
    try_endpoint(now);
}

void Client::try_endpoint(Clock::time_point now) {
    Endpoint const& server = swarm_.target.endpoints[endpoint_];
    socket_ = open_client_socket(server, swarm_.target.sources.of(number_));
    int const error =
        socket_ < 0                                                                     ? errno
        : ::connect(socket_, server.data(), static_cast<socklen_t>(server.size())) == 0 ? 0
                                                                                        : errno;
    if (error == 0) {
        swarm_.readiness().add(socket_, EPOLLIN, this);
        made_contact();
    } else if (error == EINPROGRESS) {
        swarm_.readiness().add(socket_, EPOLLOUT, this);
    } else if (error == EAGAIN && server.data()->sa_family == AF_UNIX) {
        close();
        swarm_.arm(deadline_, ClientWait::queueing, now);
    } else {
        connect_failed(error);
    }
}

void Client::connect_failed(int error) {
    close();
    auto const now = Clock::now();
    std::size_t const endpoints = swarm_.target.endpoints.size();
    if (++endpoints_tried_ < endpoints && error != ETIMEDOUT) {
        endpoint_ = static_cast<std::uint16_t>((endpoint_ + 1) % endpoints);
        try_endpoint(now);
        return;
    }
    deadline_.disarm();
    std::string const reason = error_text(error);
    if (std::exchange(arriving_, false)) {
        state_ = State::down;
        swarm_.arrived(reason);
    } else {
        give_up(now, Fate::never_connected, reason);
        state_ = State::pausing;
        swarm_.arm(deadline_, ClientWait::pausing, now);
        leave_if_done();
    }
}

void Client::made_contact() {
    if (swarm_.settings.greeting) {
        state_ = State::greeting;
    } else {
        connected(Clock::now());
    }
}

void Client::connected(Clock::time_point now) {
    state_ = State::up;
    deadline_.disarm();
    ++connections_;
    said_ = 0;
    swarm_.target.preferred.store(endpoint_, std::memory_order_relaxed);
    swarm_.recorder().connected(now - attempt_began_);
    if (std::exchange(arriving_, false)) {
        swarm_.arrived("");
    }
    pursue(now);
}

/// Those planned before `until` can no longer be sent.
void Client::give_up(Clock::time_point until, Fate fate, std::string_view reason) {
    while (course_.next < until) {
        swarm_.recorder().failed(course_.next, fate, reason);
        swarm_.plan().take(course_, false);
    }
}

// --- sending ------------------------------------------------------------------------------

void Client::begin() {
    swarm_.plan().enter(course_, number_);
    pace();
}

void Client::due(Clock::time_point now) {
    paced_ = false;
    if (up() && can_send() && course_.next <= now && swarm_.settings.rate) {
        swarm_.recorder().sent_late(course_.next, now);
    }
    pursue(now);
}

/// The next step, if it can be taken now; else it will be when something happens to the client.
void Client::pursue(Clock::time_point now) {
    if (state_ == State::down && course_.next <= now) {
        connect(now);
    } else if (up()) {
        send_due(now);
        if (can_send()) {
            pace();
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
    return swarm_.settings.per_connection != 0 && said_ >= swarm_.settings.per_connection;
}

void Client::send_due(Clock::time_point now) {
    std::string& out = swarm_.out;
    out.clear();
    while (course_.next <= now && can_send()) {
        swarm_.messages().append(
            out, {.client = number_, .connection = connections_, .message = ++messages_});
        flight_.push({.planned = course_.next, .sent = now});
        ++said_;
        if (swarm_.settings.audit) {
            swarm_.trail().sent(number_);
        }
        swarm_.plan().take(course_, can_send());
    }
    if (out.empty()) {
        return;
    }
    if (!deadline_.armed()) {
        swarm_.arm(deadline_, ClientWait::answer, now);
    }
    send(out);
}

void Client::send(std::string_view bytes) {
    ssize_t const taken = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN) {
        // The socket is ready for reading now: what the server said last comes before the error.
        unsent_.clear();
        return;
    }
    std::string rest(bytes.substr(static_cast<std::size_t>(std::max<ssize_t>(taken, 0))));
    bool const waited = !unsent_.empty();
    unsent_ = std::move(rest);
    if (waited == unsent_.empty()) {
        swarm_.readiness().change(socket_, EPOLLIN | (waited ? 0U : EPOLLOUT), this);
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
        swarm_.readiness().change(socket_, EPOLLIN, this);
        made_contact();
        return;
    }
    if ((events & EPOLLOUT) != 0 && !unsent_.empty()) {
        send(std::string(unsent_));
        pursue(Clock::now());
    }
    if ((events & ~EPOLLOUT) != 0) {
        receive();
    }
}

void Client::receive() {
    ssize_t const size = ::recv(socket_, swarm_.scratch.data(), swarm_.scratch.size(), 0);
    if (size > 0) {
        take({swarm_.scratch.data(), static_cast<std::size_t>(size)}, Clock::now());
    } else if (state_ == State::greeting && (size == 0 || errno != EAGAIN)) {
        connect_failed(size == 0 ? ECONNRESET : errno);
    } else if (size == 0) {
        lost(begun_.empty() ? "closed by the server" : "closed in the middle of an answer");
    } else if (errno != EAGAIN && errno != EINTR) {
        lost(error_text(errno));
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
        lost("an answer without an end");
    } else if (up()) {
        answered(now);
    }
}

void Client::answer(std::string_view line, Clock::time_point now) {
    if (state_ == State::greeting) {
        connected(now);
        return;
    }
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    Recorder& recorder = swarm_.recorder();
    if (flight_.empty()) {
        // A refusal may concern the connection; any other line answers a message.
        if (!is_refusal(line)) {
            recorder.surplus_answer();
        }
        return;
    }
    Sent const message = flight_.pop();
    Fate const fate = fate_of_answer(line, swarm_.settings.expect);
    if (fate != Fate::acked) {
        recorder.failed(message.planned, fate, excerpt(line));
        return;
    }
    recorder.acked(message, now);
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
    swarm_.recorder().disconnected(idle);
    while (!flight_.empty()) {
        swarm_.recorder().failed(flight_.pop().planned, Fate::connection_lost, reason);
    }
    close();
    state_ = State::down;
    // Not at once, but in its turn: a server that takes and drops connections as fast as they
    // come must not keep this loop from the other clients.
    swarm_.plan().free(course_, Clock::now());
    pace();
    leave_if_done();
}

void Client::check_answer_time() {
    if (flight_.empty()) {
        return;
    }
    auto const now = Clock::now();
    Timeout const timeout = swarm_.settings.ack_timeout;
    if (now - flight_.oldest().sent < *timeout) {
        swarm_.arm(deadline_, ClientWait::answer, now);
        return;
    }
    // Which message a later answer belongs to could not be told.
    swarm_.recorder().failed(flight_.pop().planned, Fate::timed_out,
                             "no answer within " + to_string(timeout));
    give_up_connection(false, "given up, since an earlier message timed out");
}

// --- ending -------------------------------------------------------------------------------

void Client::end_plan() {
    if (course_.next >= swarm_.plan().timeline().end) {
        course_.next = Course::none;
    }
    leave_if_done();
}

void Client::leave_if_done() {
    if (!swarm_.ending() || course_.next != Course::none || !flight_.empty()) {
        return;
    }
    if (up()) {
        leave();
    } else if (state_ != State::leaving) {
        go();
    }
}

void Client::give_up_unsent() {
    if (up()) {
        give_up(swarm_.plan().timeline().end, Fate::unsent, "the run ended");
    } else {
        give_up(swarm_.plan().timeline().end, Fate::never_connected,
                "not connected when the run ended");
    }
    course_.next = Course::none;
    leave_if_done();
}

/// Hears the server out: more answers than messages are a fault of the server's.
void Client::leave() {
    if (swarm_.settings.per_connection != 0) {
        go();
        return;
    }
    state_ = State::leaving;
    ::shutdown(socket_, SHUT_WR);
    swarm_.arm(deadline_, ClientWait::leaving, Clock::now());
}

void Client::cut_off() {
    give_up_unsent();
    if (up()) {
        lost("the run was interrupted");
    } else {
        go();
    }
}

void Client::go() {
    if (state_ != State::gone) {
        close();
        deadline_.disarm();
        state_ = State::gone;
        swarm_.gone();
    }
}

void Client::close() {
    if (socket_ >= 0) {
        ::close(std::exchange(socket_, -1));
    }
    unsent_ = std::string();
    begun_ = std::string();
}

void Client::deadline_came(ClientWait wait) {
    auto const now = Clock::now();
    switch (wait) {
        case ClientWait::connecting:
            connect_failed(ETIMEDOUT);
            return;
        case ClientWait::queueing:
            if (swarm_.settings.connect_timeout &&
                now - attempt_began_ >= *swarm_.settings.connect_timeout) {
                connect_failed(ETIMEDOUT);
            } else {
                try_endpoint(now);
            }
            return;
        case ClientWait::answer:
            check_answer_time();
            return;
        case ClientWait::pausing:
            state_ = State::down;
            swarm_.plan().free(course_, now);
            pursue(now);
            return;
        case ClientWait::leaving:
            go();
            return;
    }
}

}  // namespace roger
