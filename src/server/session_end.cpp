// How a session ends: its last words, and a close that does not destroy them.
#include "net/uninterrupted.hpp"
#include "server/session.hpp"

#include <cerrno>
#include <string_view>

#include <sys/socket.h>

namespace roger {

namespace {

/// Of what a client that is not served has sent: it may be sending more all the time.
constexpr int most_reads_at_once = 16;

}  // namespace

/// Says the last line and closes. Closing while input is unread sends a reset, which can destroy
/// answers that the client has not read yet: so the sending side is closed first, and what still
/// comes is thrown away until the client closes too.
Task<void> Session::linger_and_close() {
    message_deadline_.reset();
    send_final_reply();
    if (socket_ && peer_takes_answers() && close_reason_ != CloseReason::peer_closed) {
        ::shutdown(socket_.get(), SHUT_WR);
        loop_.arm(peer_deadline_, Timer::linger);
        do {
            awaits_ = Awaits::input;
            if (readable_) {
                loop_.resume_soon(waiter_);  // the other clients have their turn before it
            }
            co_await waiter_.wait();
            awaits_ = Awaits::nothing;
        } while (socket_ && drop_input());
    }
    peer_deadline_.disarm();
    close();
}

/// Returns whether more can come.
bool Session::drop_input() {
    long const size = uninterrupted(
        [&] { return ::recv(socket_.get(), loop_.scratch.data(), sizeof loop_.scratch, 0); });
    readable_ = size > 0;
    return size > 0 || (size < 0 && errno == EAGAIN);
}

void Session::refuse(CloseReason reason) {
    close_reason_ = reason;
    send_final_reply();
    ::shutdown(socket_.get(), SHUT_WR);
    for (int i = 0; i < most_reads_at_once; ++i) {
        if (::recv(socket_.get(), loop_.scratch.data(), sizeof loop_.scratch, 0) <= 0) {
            break;
        }
    }
    socket_.close();
}

void Session::send_final_reply() {
    if (ReplyLine const* reply = final_reply()) {
        std::string_view const line = reply->line();
        ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
    }
}

/// The refusal to send, counted; empty where nobody would read it.
ReplyLine const* Session::final_reply() {
    ReplyLines const& lines = loop_.server().lines;
    Tally& tally = loop_.tally;
    switch (close_reason_) {
        case CloseReason::idle_timeout:
            return tally.refused_idle.add(), &lines.idle;
        case CloseReason::message_timeout:
            return tally.refused_unfinished.add(), &lines.unfinished;
        case CloseReason::busy:
            return tally.refused_busy.add(), &lines.busy;
        case CloseReason::shutdown:
            return tally.refused_shutdown.add(), &lines.shutting_down;
        case CloseReason::connection_lost:
            return tally.lost.add(), nullptr;
        case CloseReason::write_timeout:
            return tally.write_timeouts.add(), nullptr;
        case CloseReason::none:
        case CloseReason::peer_closed:
        case CloseReason::handler_failed:
            return nullptr;
    }
    return nullptr;
}

/// What has come by now has come in time, even if the server is late to see it.
void Session::on_deadline(Timer timer) {
    switch (timer) {
        case Timer::idle:
            overdue_ = CloseReason::idle_timeout;
            break;
        case Timer::message:
            overdue_ = CloseReason::message_timeout;
            sends_much_ = true;  // as far as one read shows
            break;
        case Timer::write:
            close_reason_ = CloseReason::write_timeout;
            break;
        case Timer::linger:
            close();
            break;
    }
    go_on();
}

void Session::drain() {
    set_close_reason(CloseReason::shutdown);
    if (awaits_ != Awaits::output) {
        go_on();
    }
}

void Session::abort() {
    close_reason_ = CloseReason::connection_lost;
    close();
    go_on();
}

void Session::close() {
    if (socket_) {
        loop_.unwatch(socket_.get());
        socket_.close();
    }
}

void Session::set_close_reason(CloseReason reason) {
    if (close_reason_ == CloseReason::none) {
        close_reason_ = reason;
    }
}

}  // namespace roger
