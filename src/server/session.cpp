// The core of the server: while there are messages, display them, acknowledge them.
#include "server/session.hpp"

#include "net/uninterrupted.hpp"
#include "roger/batch.hpp"
#include "roger/refusals.hpp"
#include "server/pauses.hpp"

#include <asio/deferred.hpp>
#include <asio/dispatch.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <span>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>

namespace roger {

namespace {

/// At most so many lines are taken from a client at once, so that the others are served in between
/// (promise P5). The rest stays in the kernel's buffer, and so with the sender (promise P4), except
/// for what Loop::read_ahead keeps.
constexpr std::size_t most_lines_at_once = 1024;

/// A read of so many bytes has no more lines than that: an empty line has one byte.
constexpr std::size_t usual_read_bytes = most_lines_at_once;

/// Passes the decoder's messages on to a writer, and keeps only their statuses.
struct WrittenLines {
    MessageWriter& writer;
    DecodedLines& lines;

    void add(std::string_view message) {
        writer.add(message);
        lines.add(LineStatus::accepted);
    }
    void add_too_long() { lines.add_too_long(); }
    void end_line() { lines.end_line(); }
};

/// sendmsg(2), but for a single piece send(2), which is faster.
long send_pieces(int socket, std::span<iovec> pieces) {
    if (pieces.size() == 1) {
        return ::send(socket, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

}  // namespace

Session::Session(Loop& loop, Descriptor socket, PeerAddress peer, CloseReason reason, Permit permit)
    : loop_(loop),
      socket_(std::move(socket)),
      close_reason_(reason),
      served_(reason == CloseReason::none),
      peer_(std::move(peer)),
      permit_(std::move(permit)),
      peer_deadline_(*this),
      decoder_(loop.server().options.max_message) {
    loop_.enter(*this, served_);
}

/// An exception can end it before it has closed its socket.
Session::~Session() {
    close();
    loop_.read_ahead.release(*this);
    loop_.leave(*this, served_);
}

/// The whole conversation; how it ends is in session_end.cpp.
Task<void> Session::run(std::unique_ptr<Session> self) {
    while (self->serves()) {
        while (!self->prepare_to_read()) {
            co_await self->waiter_.wait();
        }
        ReadBatchPool::Pointer received = self->receive();
        if (!received) {
            continue;
        }
        if (self->loop_.writer() == nullptr) {
            co_await self->handle(*received);
        } else {
            if (self->loop_.writer()->enqueue_unless_settled(received->end, self->waiter_)) {
                co_await self->waiter_.wait();
            }
            self->answer_written(*received);
        }
        if (!self->acknowledge(*received)) {
            co_await self->acknowledge_rest(received);
        }
    }
    co_await self->linger_and_close();
}

// --- receive ------------------------------------------------------------------------------

/// A call has failed. Returns whether it may succeed later; if not, the connection is lost.
bool Session::note_error(int error) {
    lacks_memory_ = lacks_memory(error);
    if (lacks_memory_) {
        loop_.retries.add(loop_.server().options.log,
                          std::error_code(error, std::system_category()).message());
    }
    return lacks_memory_ || error == EAGAIN;
}

/// Takes what one read brings, without waiting. Null if there is nothing to answer.
ReadBatchPool::Pointer Session::receive() {
    if (!serves()) {
        return {};
    }
    ReadBatchPool::Pointer received = loop_.read_batches.take();
    std::string_view const bytes = read();
    std::size_t const taken = decode(bytes, *received);
    consume(bytes, taken);

    DecodedLines const& lines = received->lines;
    bool const ended = lines.line_ended || !lines.empty();
    if (!bytes.empty()) {
        peer_deadline_.disarm();
    }
    if (overdue_ != CloseReason::none) {
        check_overdue(taken, ended);
    }
    if (ended) {
        message_deadline_.reset();
    }
    if (lines.empty()) {
        return {};
    }
    loop_.counters.messages.add(lines.count(LineStatus::accepted) +
                                lines.count(LineStatus::too_long));
    return received;
}

/// A client that sends much may have sent more than is taken at once. The loop keeps the rest for
/// one such client; the others are only peeked at. Nothing between read() and consume() changes
/// that.
bool Session::must_peek() const {
    return sends_much_ && !loop_.read_ahead.usable_by(*this);
}

/// Returns what comes next, of which consume() takes a part or all. Empty: there was nothing, or
/// the connection has ended.
std::string_view Session::read() {
    if (auto const kept = loop_.read_ahead.kept_for(*this); !kept.empty()) {
        return kept;
    }
    bool const peeks = must_peek();
    int const flags = peeks ? MSG_PEEK : 0;
    std::span<char> buffer = sends_much_ && !peeks ? loop_.read_ahead.buffer() : loop_.scratch;
    if (!sends_much_) {
        buffer = buffer.first(usual_read_bytes);
    }
    iovec piece{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    long const result = uninterrupted([&] {
        return peer_.is_unix() ? ::recvmsg(socket_.get(), &message, flags)
                               : ::recv(socket_.get(), piece.iov_base, piece.iov_len, flags);
    });
    if (result <= 0) {
        readable_ = false;
        if (result == 0) {
            set_close_reason_if_none(CloseReason::peer_closed);
        } else {
            read_failed(errno);
        }
        return {};
    }
    auto const size = static_cast<std::size_t>(result);
    // Descriptors that come with data end a read: unix(7).
    readable_ =
        size == buffer.size() || read_until_would_block_ || (message.msg_flags & MSG_CTRUNC) != 0;
    return {buffer.data(), size};
}

/// A lack of memory in the system is not the client's fault, but extends no deadline.
void Session::read_failed(int error) {
    if (!note_error(error) || (lacks_memory_ && overdue_ != CloseReason::none)) {
        set_close_reason_if_none(CloseReason::connection_lost);
    } else if (!lacks_memory_) {
        read_until_would_block_ = false;
    }
}

/// Returns how many of the bytes were taken. With a writer their messages go straight there.
std::size_t Session::decode(std::string_view bytes, ReadBatch& received) {
    MessageWriter* const writer = loop_.writer();
    if (writer == nullptr) {
        return decode_to(received.lines, bytes);
    }
    writer->begin(peer_);
    WrittenLines lines{*writer, received.lines};
    std::size_t const taken = decode_to(lines, bytes);
    received.end = received.lines.count(LineStatus::accepted) == 0 ? 0 : writer->end();
    return taken;
}

template <typename LineConsumer>
std::size_t Session::decode_to(LineConsumer& lines, std::string_view bytes) {
    if (close_reason_ == CloseReason::peer_closed) {
        decoder_.finish(lines);
        return 0;
    }
    return decoder_.feed(bytes, lines, most_lines_at_once);
}

/// The next read begins behind the first `taken` bytes of what this one has seen.
void Session::consume(std::string_view seen, std::size_t taken) {
    loop_.counters.bytes.add(taken);
    if (must_peek()) {
        remove_peeked(taken);
    } else if (sends_much_) {
        loop_.read_ahead.keep(*this, seen.substr(taken));
    }
    readable_ = readable_ || taken != seen.size();
    sends_much_ = seen.size() >= usual_read_bytes;
}

/// Discards from the kernel's buffer what has been peeked at and taken.
void Session::remove_peeked(std::size_t size) {
    while (size != 0) {
        // Over TCP nothing is copied: tcp(7), MSG_TRUNC.
        long const removed = uninterrupted(
            [&] { return ::recv(socket_.get(), loop_.scratch.data(), size, MSG_TRUNC); });
        if (removed <= 0) {
            set_close_reason_if_none(CloseReason::connection_lost);
            return;
        }
        size -= static_cast<std::size_t>(removed);
    }
}

// --- display ------------------------------------------------------------------------------

Task<void> Session::handle(ReadBatch& received) {
    std::size_t taken = received.lines.count(LineStatus::accepted);
    Refusals refusals;
    Batch const batch(received.lines.messages, peer_, loop_.index(), refusals);
    if (taken != 0) {
        BudgetShare const share(loop_, received.lines.bytes());
        std::exception_ptr thrown;
        try {
            co_await loop_.server().handler(batch);
        } catch (...) {
            thrown = std::current_exception();
        }
        // A Task can end on the thread of what it has awaited.
        co_await asio::dispatch(loop_.context(), asio::deferred);
        if (thrown) {
            if (auto const handled = loop_.server().handle_exception(thrown, refusals)) {
                close_reason_ = CloseReason::handler_failed;
                taken = std::min(taken, *handled);
            }
        }
    }
    received.replies.own(refusal_lines(refusals));
    received.answer(loop_.server().lines, taken, loop_.counters, refusals);
}

void Session::answer_written(ReadBatch& received) {
    MessageWriter const& writer = *loop_.writer();
    std::size_t const accepted = received.lines.count(LineStatus::accepted);
    std::size_t const written = writer.count_written(received.end, accepted);
    if (loop_.server().end_if_failed(writer, accepted - written)) {
        close_reason_ = CloseReason::handler_failed;
    }
    received.answer(loop_.server().lines, written, loop_.counters);
}

// --- acknowledge --------------------------------------------------------------------------

/// Returns whether the kernel has taken all of it. Over TCP that does not say yet that the client's
/// has.
bool Session::send(Replies& replies) {
    std::array<iovec, 8> buffers;
    while (!replies.empty()) {
        auto const pieces = replies.gather(buffers);
        long const sent = uninterrupted([&] { return send_pieces(socket_.get(), pieces); });
        if (sent < 0) {
            if (!note_error(errno)) {
                close_reason_ = CloseReason::connection_lost;
            }
            return false;
        }
        peer_deadline_.disarm();
        replies.consume(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Session::acknowledge(ReadBatch& received) {
    bool const sent = send(received.replies);
    if (sent) {
        loop_.counters.acknowledged.add(received.acks);
    }
    return sent;
}

/// Waits until the client takes them. Meanwhile only its answers are kept, not what it has sent.
Task<void> Session::acknowledge_rest(ReadBatchPool::Pointer& received) {
    Replies replies = std::move(received->replies);
    std::size_t const acks = received->acks;
    received.reset();
    peer_deadline_.disarm();
    if (peer_takes_answers()) {
        watch_output(true);
    }
    while (peer_takes_answers()) {
        if (!peer_deadline_.armed()) {
            loop_.arm(peer_deadline_, DeadlineKind::write);
        }
        begin_wait(WaitsFor::output);
        loop_.unsent_answers.add();
        co_await waiter_.wait();
        loop_.unsent_answers.subtract(1);
        waits_for_ = WaitsFor::nothing;
        if (peer_takes_answers() && send(replies)) {
            loop_.counters.acknowledged.add(acks);
            watch_output(false);
            co_return;
        }
    }
}

bool Session::peer_takes_answers() const {
    return close_reason_ != CloseReason::connection_lost &&
           close_reason_ != CloseReason::write_timeout;
}

}  // namespace roger
