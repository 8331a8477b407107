// How a session ends: its final reply, and a close that does not destroy it.
#include "net/uninterrupted.hpp"
#include "server/session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string_view>

#include <sys/ioctl.h>
#include <sys/socket.h>

namespace roger {

namespace {

/// Before a refused connection is closed: its client may never stop sending.
constexpr int most_reads_at_once = 16;

long receive_some(int socket, std::span<char> bytes) {
    return uninterrupted([&] { return ::recv(socket, bytes.data(), bytes.size(), 0); });
}

std::size_t bytes_to_read(int socket) {
    int bytes = 0;
    ::ioctl(socket, FIONREAD, &bytes);
    return static_cast<std::size_t>(std::max(bytes, 0));
}

}  // namespace

/// Sends the final reply and closes. Closing while input is unread sends a reset, which can destroy
/// answers that the client has not read yet: so the sending side is closed first, and what still
/// comes is discarded until the client closes too.
Task<void> Session::linger_and_close() {
    message_deadline_.reset();
    send_final_reply();
    if (socket_ && peer_takes_answers() && close_reason_ != CloseReason::peer_closed) {
        ::shutdown(socket_.get(), SHUT_WR);
        loop_.arm(peer_deadline_, DeadlineKind::linger);
        do {
            begin_wait(WaitsFor::input);
            co_await waiter_.wait();
            waits_for_ = WaitsFor::nothing;
        } while (socket_ && drop_input());
    }
    peer_deadline_.disarm();
    close();
}

/// Returns whether more can come.
bool Session::drop_input() {
    long const size = receive_some(socket_.get(), loop_.scratch);
    readable_ = size > 0;
    return size > 0 || (size < 0 && note_error(errno));
}

void Session::refuse(CloseReason reason) {
    close_reason_ = reason;
    send_final_reply();
    ::shutdown(socket_.get(), SHUT_WR);
    for (int i = 0; i < most_reads_at_once; ++i) {
        if (receive_some(socket_.get(), loop_.scratch) <= 0) {
            break;
        }
    }
    socket_.close();
}

void Session::send_final_reply() {
    if (ReplyLine const* reply = count_final_reply()) {
        std::string_view const line = reply->line();
        uninterrupted(
            [&] { return ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL); });
    }
}

/// The refusal to send at the end, which it counts. Null if every message has its answer already,
/// or the connection cannot carry one.
ReplyLine const* Session::count_final_reply() {
    ReplyLines const& lines = loop_.server().lines;
    LoopCounters& counters = loop_.counters;
    switch (close_reason_) {
        case CloseReason::idle_timeout:
            counters.idle_timeouts.add();
            return &lines.idle_timeout;
        case CloseReason::message_timeout:
            counters.message_timeouts.add();
            return &lines.message_timeout;
        case CloseReason::busy:
            counters.refused_busy.add();
            return &lines.busy;
        case CloseReason::shutdown:
            counters.refused_shutdown.add();
            return &lines.shutting_down;
        case CloseReason::connection_lost:
            counters.lost.add();
            return nullptr;
        case CloseReason::write_timeout:
            counters.write_timeouts.add();
            return nullptr;
        case CloseReason::none:
        case CloseReason::peer_closed:
        case CloseReason::handler_failed:
            return nullptr;
    }
    return nullptr;
}

/// What has arrived by now is in time, even if the server is late to see it. So this only records
/// that the deadline has passed, and the session reads once more.
void Session::on_deadline(DeadlineKind kind) {
    switch (kind) {
        case DeadlineKind::idle:
            if (overdue_ == CloseReason::none) {
                overdue_ = CloseReason::idle_timeout;
            }
            break;
        case DeadlineKind::message:
            overdue_ = CloseReason::message_timeout;
            message_deadline_->unread_in_time = bytes_to_read(socket_.get());
            break;
        case DeadlineKind::write:
            close_reason_ = CloseReason::write_timeout;
            break;
        case DeadlineKind::linger:
            close();
            break;
        case DeadlineKind::retry:
            return;  // the loop's
    }
    wake();
}

/// A deadline has expired, and a read since then has taken so many bytes. A message is late only
/// once all that had arrived by its deadline has been read and does not end it; what has arrived
/// since does not count.
void Session::check_overdue(std::size_t taken, bool ended) {
    bool const of_message = overdue_ == CloseReason::message_timeout;
    if (of_message && !ended && taken != 0 && taken < message_deadline_->unread_in_time) {
        message_deadline_->unread_in_time -= taken;
        readable_ = true;
        return;
    }
    if (of_message ? !ended : taken == 0) {
        set_close_reason_if_none(overdue_);
    }
    overdue_ = CloseReason::none;
}

void Session::drain() {
    set_close_reason_if_none(CloseReason::shutdown);
    if (waits_for_ != WaitsFor::output) {
        wake();
    }
}

void Session::end_now() {
    close_reason_ = CloseReason::connection_lost;
    close();
    wake();
}

void Session::close() {
    if (socket_) {
        loop_.unwatch(socket_.get());
        socket_.close();
    }
}

void Session::set_close_reason_if_none(CloseReason reason) {
    if (close_reason_ == CloseReason::none) {
        close_reason_ = reason;
    }
}

}  // namespace roger
