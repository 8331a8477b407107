// What a session waits for: input, budget, room for its answers.
#include "net/uninterrupted.hpp"
#include "server/session.hpp"

#include <cerrno>
#include <memory>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace roger {

namespace {

/// EPOLLPRI: a read ends where urgent data begins, and leaves what follows it.
constexpr std::uint32_t input_events = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET;

}  // namespace

void Session::watch() {
    loop_.ready_set().add(socket_.get(), input_events, this);
}

void Session::watch_output(bool on) {
    loop_.ready_set().change(socket_.get(), on ? input_events | EPOLLOUT : input_events, this);
}

/// If input is there already, it is read after the other sessions that are ready have run; what the
/// system lacked memory for is tried again after a pause.
void Session::begin_wait(WaitsFor what) {
    waits_for_ = what;
    if (lacks_memory_) {
        lacks_memory_ = false;
        loop_.resume_later(waiter_);
    } else if (what == WaitsFor::input && readable_) {
        loop_.resume_soon(waiter_);
    }
}

/// A read needs input, and budget for what it may bring. Returns whether both are there; if not,
/// it has begun to wait, and what it waits for resumes it.
bool Session::prepare_to_read() {
    if (serves() && waits_for_ == WaitsFor::nothing) {
        begin_wait_for_input();
    } else if (serves() && loop_.full() && (overdue_ == CloseReason::none || has_input())) {
        begin_wait_for_budget();
    } else {
        waits_for_ = WaitsFor::nothing;
    }
    return waits_for_ == WaitsFor::nothing;
}

void Session::begin_wait_for_input() {
    if (!peer_deadline_.armed()) {
        loop_.arm(peer_deadline_, DeadlineKind::idle);
    }
    if (decoder_.unfinished() && !message_deadline_) {
        message_deadline_ =
            std::make_unique<MessageDeadline>(static_cast<DeadlineOwner<DeadlineKind>&>(*this));
        loop_.arm(*message_deadline_, DeadlineKind::message);
    }
    begin_wait(WaitsFor::input);
}

/// Asks the kernel too: there may be input whose event has not been delivered yet.
bool Session::has_input() const {
    if (!loop_.read_ahead.kept_for(*this).empty()) {
        return true;
    }
    char byte = 0;
    long const size = uninterrupted([&] { return ::recv(socket_.get(), &byte, 1, MSG_PEEK); });
    return size >= 0 || errno != EAGAIN;
}

/// A delay for want of budget is the server's, so the client's deadlines are disarmed. A message
/// that is overdue already stays so, and what had arrived of it in time is still read.
void Session::begin_wait_for_budget() {
    waits_for_ = WaitsFor::budget;
    peer_deadline_.disarm();
    if (overdue_ != CloseReason::message_timeout) {
        message_deadline_.reset();
    }
    loop_.budget_waiters.add(waiter_);
}

void Session::on_event(std::uint32_t events) {
    readable_ = readable_ || (events & ~std::uint32_t{EPOLLOUT}) != 0;
    read_until_would_block_ =
        read_until_would_block_ || (events & (EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR)) != 0;
    bool const writable = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    if ((waits_for_ == WaitsFor::input && readable_) ||
        (waits_for_ == WaitsFor::output && writable)) {
        loop_.resume_soon(waiter_);
    }
}

/// What it waits for, if it does, will not come any more.
void Session::wake() {
    if (waits_for_ != WaitsFor::nothing) {
        loop_.resume_soon(waiter_);
    }
}

}  // namespace roger
