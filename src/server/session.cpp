// The heart of the server: while there are messages, display them, acknowledge them.
#include "server/session.hpp"

#include <asio/deferred.hpp>
#include <asio/redirect_error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace roger {

namespace {

std::size_t count(Intake const& intake, Verdict verdict) {
    std::size_t sum = 0;
    for (Intake::Run const& run : intake.runs) {
        sum += run.verdict == verdict ? run.count : 0;
    }
    return sum;
}

/// Of what a client has said that is not served: it may be saying more all the time.
constexpr int most_reads_at_once = 16;

bool would_block(asio::error_code error) {
    return error == asio::error::would_block || error == asio::error::try_again ||
           error == asio::error::interrupted;
}

}  // namespace

Session::Session(Loop& loop, LoopSocket socket, Peer peer, Ending ending)
    : loop_(loop),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      silence_(*this),
      unfinished_(*this),
      lines_(loop.service().options.max_message),
      ending_(ending),
      has_place_(ending == Ending::none) {
    loop_.enter(*this, has_place_);
}

Session::~Session() {
    loop_.leave(*this, has_place_);
}

Task<void> Session::run(std::unique_ptr<Session> self) {
    while (self->socket_.is_open()) {
        if (self->listen()) {
            co_await self->socket_.async_wait(
                LoopSocket::wait_read, asio::redirect_error(asio::deferred, self->loop_.ignored));
        }
        co_await self->take_turn();
    }
}

bool Session::listen() {
    if (ending_ != Ending::none) {
        return false;
    }
    listening_ = true;
    loop_.arm(silence_, Wait::message);
    if (lines_.unfinished() && !unfinished_.armed()) {
        loop_.arm(unfinished_, Wait::ending);
    }
    return true;
}

/// Its frame, with all that it holds, exists only while there is something to do: an idle client
/// costs none of it.
Task<void> Session::take_turn() {
    listening_ = false;
    silence_.disarm();
    if (ending_ == Ending::none) {
        co_await exchange();
    }
    if (ending_ != Ending::none) {
        co_await take_leave();
    }
}

/// Receive, display, acknowledge.
Task<void> Session::exchange() {
    while (loop_.room.full() && ending_ == Ending::none) {
        unfinished_.disarm();  // it is not the client who is late
        co_await loop_.room.wait();
    }
    if (ending_ != Ending::none) {
        co_return;
    }
    std::size_t displayed = 0;
    Replies replies;
    {
        // Gone before the answers are: whoever does not take them costs only these.
        Intake const intake = receive();
        if (intake.line_ended || !intake.empty()) {
            unfinished_.disarm();
        }
        if (intake.empty()) {
            co_return;
        }
        displayed = co_await display(intake);
        replies = answer(intake, displayed);
    }
    loop_.tally.displayed.add(displayed);
    if (co_await acknowledge(std::move(replies))) {
        loop_.tally.acknowledged.add(displayed);
    }
}

/// Reads what is there, without waiting: at most one scratch buffer, so that a client who has
/// much to say does not keep the others waiting (promise P5).
Intake Session::receive() {
    Intake intake;
    asio::error_code error;
    std::size_t const size = socket_.receive(asio::buffer(loop_.scratch), 0, error);
    if (!error) {
        loop_.tally.bytes.add(size);
        lines_.feed({loop_.scratch.data(), size}, intake);
    } else if (error == asio::error::eof) {
        lines_.finish(intake);
        end(Ending::client_done);
    } else if (!would_block(error)) {
        end(Ending::lost);
    }
    loop_.tally.messages.add(count(intake, Verdict::accepted) + count(intake, Verdict::too_long));
    return intake;
}

/// Returns how many of the accepted messages were displayed: all, unless the handler failed.
Task<std::size_t> Session::display(Intake const& intake) {
    std::size_t displayed = count(intake, Verdict::accepted);
    if (displayed == 0) {
        co_return 0;
    }
    RoomTaken const taken(loop_.room, intake.bytes());
    try {
        Batch const batch(intake.messages, peer_, loop_.index());
        co_await loop_.service().handler(batch);
    } catch (...) {
        ending_ = Ending::cannot_display;
        displayed = std::min(displayed, loop_.service().failed(std::current_exception()));
    }
    co_return displayed;
}

/// The answers to what was received, in its order.
Replies Session::answer(Intake const& intake, std::size_t displayed) {
    ReplyLines const& lines = loop_.service().lines;
    Replies replies;
    replies.reserve(intake.runs.size());
    for (auto const& [verdict, count] : intake.runs) {
        if (verdict == Verdict::too_long) {
            replies.add(lines.too_long, count);
            loop_.tally.refused_too_long.add(count);
            continue;
        }
        std::size_t const shown = std::min(count, displayed);
        displayed -= shown;
        loop_.tally.refused_display.add(count - shown);
        replies.add(lines.ack, shown);
        replies.add(lines.cannot_display, count - shown);
    }
    return replies;
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
            ending_ = Ending::lost;
            co_return false;
        }
        loop_.arm(silence_, Wait::taking);
        co_await socket_.async_wait(LoopSocket::wait_write,
                                    asio::redirect_error(asio::deferred, error));
        silence_.disarm();
        if (ending_ == Ending::not_taking || ending_ == Ending::lost) {
            co_return false;
        }
    }
    co_return true;
}

/// Says the last line and closes. Closing while input is unread sends a reset, which can destroy
/// answers that the client has not read yet: so the sending side is closed first, and what still
/// comes is thrown away until the client closes too.
Task<void> Session::take_leave() {
    unfinished_.disarm();
    say_last_line();
    asio::error_code ignored;
    bool const peer_reads = ending_ != Ending::lost && ending_ != Ending::not_taking;
    if (peer_reads && ending_ != Ending::client_done) {
        socket_.shutdown(LoopSocket::shutdown_send, ignored);
        loop_.arm(silence_, Wait::leaving);
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

void Session::leave_at_once() {
    say_last_line();
    asio::error_code error;
    socket_.shutdown(LoopSocket::shutdown_send, error);
    for (int i = 0; i < most_reads_at_once && !error; ++i) {
        socket_.receive(asio::buffer(loop_.scratch), 0, error);
    }
    socket_.close(error);
}

void Session::say_last_line() {
    if (ReplyLine const* line = last_line()) {
        asio::error_code ignored;
        socket_.send(asio::buffer(line->line()), 0, ignored);
    }
}

/// The line that tells why, counted; none where nobody would read it.
ReplyLine const* Session::last_line() {
    ReplyLines const& lines = loop_.service().lines;
    Tally& tally = loop_.tally;
    switch (ending_) {
        case Ending::idle:
            return tally.refused_idle.add(), &lines.idle;
        case Ending::unfinished:
            return tally.refused_unfinished.add(), &lines.unfinished;
        case Ending::busy:
            return tally.refused_busy.add(), &lines.busy;
        case Ending::shutting_down:
            return tally.refused_shutdown.add(), &lines.shutting_down;
        case Ending::lost:
            return tally.lost.add(), nullptr;
        case Ending::not_taking:
            return tally.write_timeouts.add(), nullptr;
        case Ending::none:
        case Ending::client_done:
        case Ending::cannot_display:
            return nullptr;
    }
    return nullptr;
}

void Session::deadline_came(Wait wait) {
    switch (wait) {
        case Wait::message:
            end(Ending::idle);
            break;
        case Wait::ending:
            end(Ending::unfinished);
            break;
        case Wait::taking:
            ending_ = Ending::not_taking;
            break;
        case Wait::leaving:
            break;
    }
    asio::error_code ignored;
    socket_.cancel(ignored);
}

void Session::drain() {
    end(Ending::shutting_down);
    if (listening_) {
        asio::error_code ignored;
        socket_.cancel(ignored);
    }
}

void Session::cut_off() {
    ending_ = Ending::lost;
    asio::error_code ignored;
    socket_.close(ignored);
}

/// The first reason stands.
void Session::end(Ending ending) {
    if (ending_ == Ending::none) {
        ending_ = ending;
    }
}

}  // namespace roger
