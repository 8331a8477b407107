// The core of the server: while there are messages, display them, acknowledge them.
#include "server/session.hpp"

#include <asio/deferred.hpp>
#include <asio/redirect_error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace roger {

namespace {

std::size_t count(DecodedLines const& decoded, LineStatus status) {
    std::size_t sum = 0;
    for (DecodedLines::Run const& run : decoded.runs) {
        sum += run.status == status ? run.count : 0;
    }
    return sum;
}

/// The answers to the next `count` messages, which the handler was content with or refused by
/// themselves. Returns how many it refused.
std::size_t add_answers(Replies& replies, ReplyLine const& ack, Batch::Iterator& message,
                        std::size_t count, Refusals const& refusals) {
    if (refusals.empty()) {
        replies.add(ack, count);
        return 0;
    }
    std::size_t refused = 0;
    for (; count != 0; --count, ++message) {
        if (auto const reason = refusals.reason_for((*message).text.data())) {
            replies.add_own(*reason);
            ++refused;
        } else {
            replies.add(ack);
        }
    }
    return refused;
}

/// Of what a client that is not served has sent: it may be sending more all the time.
constexpr int most_reads_at_once = 16;

bool would_block(asio::error_code error) {
    return error == asio::error::would_block || error == asio::error::try_again ||
           error == asio::error::interrupted;
}

}  // namespace

Session::Session(Loop& loop, LoopSocket socket, PeerAddress peer, CloseReason reason, Permit permit)
    : loop_(loop),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      permit_(std::move(permit)),
      peer_deadline_(*this),
      message_deadline_(*this),
      decoder_(loop.server().options.max_message),
      close_reason_(reason),
      served_(reason == CloseReason::none) {
    loop_.enter(*this, served_);
}

Session::~Session() {
    loop_.leave(*this, served_);
}

Task<void> Session::run(std::unique_ptr<Session> self) {
    while (self->socket_.is_open()) {
        if (self->arm_deadlines()) {
            co_await self->socket_.async_wait(
                LoopSocket::wait_read, asio::redirect_error(asio::deferred, self->loop_.ignored));
        }
        co_await self->serve_ready();
    }
}

bool Session::arm_deadlines() {
    if (close_reason_ != CloseReason::none) {
        return false;
    }
    waiting_ = true;
    loop_.arm(peer_deadline_, Timer::idle);
    if (decoder_.unfinished() && !message_deadline_.armed()) {
        loop_.arm(message_deadline_, Timer::message);
    }
    return true;
}

/// Its frame, with all that it holds, exists only while there is something to do: an idle client
/// costs none of it.
Task<void> Session::serve_ready() {
    waiting_ = false;
    peer_deadline_.disarm();
    if (close_reason_ == CloseReason::none) {
        co_await exchange();
    }
    if (close_reason_ != CloseReason::none) {
        co_await linger_and_close();
    }
}

/// Receive, display, acknowledge.
Task<void> Session::exchange() {
    while (loop_.budget.full() && close_reason_ == CloseReason::none) {
        message_deadline_.disarm();  // it is not the client who is late
        co_await loop_.budget.wait();
    }
    if (close_reason_ != CloseReason::none) {
        co_return;
    }
    Owed owed;
    {
        // Freed before the answers are sent: a client that does not read costs only those.
        DecodedLines const decoded = receive();
        if (decoded.line_ended || !decoded.empty()) {
            message_deadline_.disarm();
        }
        if (decoded.empty()) {
            co_return;
        }
        owed = co_await display(decoded);
    }
    loop_.tally.displayed.add(owed.acks);
    if (co_await acknowledge(std::move(owed.replies))) {
        loop_.tally.acknowledged.add(owed.acks);
    }
}

/// Reads what is there, without waiting: at most one scratch buffer, so that a client who has
/// much to send does not keep the others waiting (promise P5).
DecodedLines Session::receive() {
    DecodedLines decoded;
    asio::error_code error;
    std::size_t const size = socket_.receive(asio::buffer(loop_.scratch), 0, error);
    if (!error) {
        loop_.tally.bytes.add(size);
        decoder_.feed({loop_.scratch.data(), size}, decoded);
    } else if (error == asio::error::eof) {
        decoder_.finish(decoded);
        set_close_reason(CloseReason::peer_closed);
    } else if (!would_block(error)) {
        set_close_reason(CloseReason::connection_lost);
    }
    loop_.tally.messages.add(count(decoded, LineStatus::accepted) +
                             count(decoded, LineStatus::too_long));
    return decoded;
}

/// Gives the accepted messages to the handler. Returns the answers to all.
Task<Session::Owed> Session::display(DecodedLines const& decoded) {
    std::size_t taken = count(decoded, LineStatus::accepted);
    Refusals refusals;
    Batch const batch(decoded.messages, peer_, loop_.index(), refusals);
    if (taken != 0) {
        BudgetShare const share(loop_.budget, decoded.bytes());
        try {
            co_await loop_.server().handler(batch);
        } catch (...) {
            if (auto const came_to = loop_.server().settle(std::current_exception(), refusals)) {
                close_reason_ = CloseReason::handler_failed;
                taken = std::min(taken, *came_to);
            }
        }
    }
    co_return answer(batch, decoded, taken, refusals);
}

/// The answers to what was received, in its order.
Session::Owed Session::answer(Batch const& batch, DecodedLines const& decoded, std::size_t taken,
                              Refusals const& refusals) {
    ReplyLines const& lines = loop_.server().lines;
    Owed owed;
    owed.replies.reserve(decoded.runs.size());
    owed.replies.own(refusal_lines(refusals));
    auto message = batch.begin();
    for (auto const& [status, count] : decoded.runs) {
        if (status == LineStatus::too_long) {
            owed.replies.add(lines.too_long, count);
            loop_.tally.refused_too_long.add(count);
            continue;
        }
        std::size_t const run_taken = std::min(count, taken);
        taken -= run_taken;
        std::size_t const refused =
            add_answers(owed.replies, lines.ack, message, run_taken, refusals);
        owed.acks += run_taken - refused;
        loop_.tally.refused_handler.add(refused);
        loop_.tally.refused_display.add(count - run_taken);
        owed.replies.add(lines.cannot_display, count - run_taken);
    }
    return owed;
}

/// Returns whether the client's system has taken all of it.
Task<bool> Session::acknowledge(Replies replies) {
    std::array<asio::const_buffer, 8> buffers;
    while (!replies.empty()) {
        asio::error_code error;
        std::size_t const sent = socket_.send(replies.gather(buffers), 0, error);
        if (!error) {
            replies.consume(sent);
            continue;
        }
        if (!would_block(error)) {
            close_reason_ = CloseReason::connection_lost;
            co_return false;
        }
        loop_.arm(peer_deadline_, Timer::write);
        loop_.owing.add();
        co_await socket_.async_wait(LoopSocket::wait_write,
                                    asio::redirect_error(asio::deferred, error));
        loop_.owing.subtract(1);
        peer_deadline_.disarm();
        if (close_reason_ == CloseReason::write_timeout ||
            close_reason_ == CloseReason::connection_lost) {
            co_return false;
        }
    }
    co_return true;
}

/// Says the last line and closes. Closing while input is unread sends a reset, which can destroy
/// answers that the client has not read yet: so the sending side is closed first, and what still
/// comes is thrown away until the client closes too.
Task<void> Session::linger_and_close() {
    message_deadline_.disarm();
    send_final_reply();
    asio::error_code ignored;
    bool const peer_reads = close_reason_ != CloseReason::connection_lost &&
                            close_reason_ != CloseReason::write_timeout;
    if (peer_reads && close_reason_ != CloseReason::peer_closed) {
        socket_.shutdown(LoopSocket::shutdown_send, ignored);
        loop_.arm(peer_deadline_, Timer::linger);
        asio::error_code error;
        while (!error || would_block(error)) {
            co_await socket_.async_wait(LoopSocket::wait_read,
                                        asio::redirect_error(asio::deferred, error));
            if (!error) {
                socket_.receive(asio::buffer(loop_.scratch), 0, error);
            }
        }
    }
    socket_.close(ignored);
}

void Session::close_at_once() {
    send_final_reply();
    asio::error_code error;
    socket_.shutdown(LoopSocket::shutdown_send, error);
    for (int i = 0; i < most_reads_at_once && !error; ++i) {
        socket_.receive(asio::buffer(loop_.scratch), 0, error);
    }
    socket_.close(error);
}

void Session::send_final_reply() {
    if (ReplyLine const* line = final_reply()) {
        asio::error_code ignored;
        socket_.send(asio::buffer(line->line()), 0, ignored);
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

void Session::on_deadline(Timer timer) {
    switch (timer) {
        case Timer::idle:
            set_close_reason(CloseReason::idle_timeout);
            break;
        case Timer::message:
            set_close_reason(CloseReason::message_timeout);
            break;
        case Timer::write:
            close_reason_ = CloseReason::write_timeout;
            break;
        case Timer::linger:
            break;
    }
    asio::error_code ignored;
    socket_.cancel(ignored);
}

void Session::drain() {
    set_close_reason(CloseReason::shutdown);
    if (waiting_) {
        asio::error_code ignored;
        socket_.cancel(ignored);
    }
}

void Session::abort() {
    close_reason_ = CloseReason::connection_lost;
    asio::error_code ignored;
    socket_.close(ignored);
}

/// The first reason stands.
void Session::set_close_reason(CloseReason reason) {
    if (close_reason_ == CloseReason::none) {
        close_reason_ = reason;
    }
}

}  // namespace roger
