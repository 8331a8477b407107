// Datagrams, many at once: received, displayed, acknowledged.
#include "server/datagrams.hpp"

#include "net/spawn.hpp"
#include "protocol/answers.hpp"
#include "protocol/line_ending.hpp"

#include <asio/as_tuple.hpp>
#include <asio/deferred.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace roger {

namespace {

constexpr std::size_t most_at_once = 64;
constexpr std::size_t most_buffer_bytes = 4 * 1024 * 1024;

/// The largest that IPv4 and IPv6 have, without jumbograms.
constexpr std::size_t most_udp_bytes = 65'535;

constexpr std::size_t line_ending_bytes = 2;

/// Enough for every message that is short enough, and for every answer of a server like this one.
std::size_t bytes_for_one(Address const& address, ServerContext const& server) {
    ReplyLines const& lines = server.lines;
    std::size_t const largest =
        std::max({server.options.max_message + line_ending_bytes, lines.ack.line_size(),
                  lines.busy.line_size(), lines.too_long.line_size(),
                  lines.shutting_down.line_size(), lines.cannot_display.line_size()});
    return address.transport == Transport::udp ? std::min(largest, most_udp_bytes) : largest;
}

DatagramBatch batch_for(Address const& address, ServerContext const& server) {
    std::size_t const bytes = bytes_for_one(address, server);
    std::size_t const most =
        server.options.once ? 1
                            : std::clamp<std::size_t>(most_buffer_bytes / bytes, 1, most_at_once);
    return {most, bytes, is_unix(address.transport) ? ControlData::none : ControlData::packet_info};
}

}  // namespace

Datagrams::Datagrams(BoundDatagrams bound, Loop& loop, Admission& admission, Callbacks callbacks)
    : bound_(std::move(bound)),
      loop_(loop),
      admission_(admission),
      callbacks_(std::move(callbacks)),
      pause_(loop.context()),
      descriptor_(bound_.socket.native_handle()),
      batch_(batch_for(bound_.address, loop.server())),
      senders_(batch_.most()) {
    if (is_unix(bound_.address.transport)) {
        unread_.emplace(descriptor_);
    }
    messages_.reserve(batch_.most());
    owed_.reserve(batch_.most());
}

Task<void> Datagrams::run() {
    if (has_socket()) {  // else the server was ended before it served
        loop_.ready_set().add(descriptor_, EPOLLIN | EPOLLET, this);
    }
    for (;;) {
        co_await until_admissible();
        if (!open_) {
            break;
        }
        if (asio::error_code const error = receive()) {
            co_await pause(error);
        } else if (!owed_.empty()) {
            if (loop_.writer() == nullptr) {
                co_await handle();
            } else {
                add_records();
                if (!ends_.empty() &&
                    loop_.writer()->enqueue_unless_settled(ends_.back(), waiter_)) {
                    co_await waiter_.wait();
                }
                reply_to_written();
            }
            acknowledge();
        }
        if (has_socket() && unread_ && unread_->piled_up()) {
            co_await find_non_readers();
        }
    }
    refuse_queued();
    finish();
}

/// Waits until something has come and may be taken. Resumes in a round of the loop's, at whose end
/// what it brings is written; if something is there already, clients that are ready go first.
Task<void> Datagrams::until_admissible() {
    bool in_round = false;
    while (open_ && (!in_round || !readable_ || loop_.full() || admission_.must_wait())) {
        if (admission_.must_wait()) {
            co_await admission_.wait();
            in_round = false;
            continue;
        }
        if (loop_.full()) {
            loop_.budget_waiters.add(waiter_);
        } else if (readable_) {
            loop_.resume_soon(waiter_);
        }
        idle_ = true;
        co_await waiter_.wait();
        idle_ = false;
        in_round = true;
    }
}

void Datagrams::on_event(std::uint32_t /*events*/) {
    readable_ = true;
    if (idle_) {
        loop_.resume_soon(waiter_);
    }
}

/// Takes what has come, and decides what is owed for it.
asio::error_code Datagrams::receive() {
    messages_.clear();
    owed_.clear();
    std::size_t const most = admission_.admissible(batch_.most());
    asio::error_code const error = batch_.receive(descriptor_, most);
    // Fewer than that: the queue is empty.
    readable_ = batch_.size() == most || (error && error != asio::error::would_block);
    for (std::size_t index = 0; index != batch_.size(); ++index) {
        take(index);
    }
    return error == asio::error::would_block ? asio::error_code() : error;
}

bool Datagrams::is_too_long(std::size_t index) const {
    return batch_.cut_off(index) ||
           without_line_ending(batch_.bytes(index)).size() > loop_.server().options.max_message;
}

/// An answer of ours, or of another server like this one, is never answered: with forged addresses
/// two servers could be made to answer each other for ever. What could be a message counts as an
/// answer only if it is exactly one, so that no client's message is taken for it.
bool Datagrams::is_answer(std::size_t index) const {
    std::string_view const text = without_line_ending(batch_.bytes(index));
    std::string_view const ack = without_line_ending(loop_.server().lines.ack.line());
    return (!batch_.cut_off(index) && is_reply(text, ack)) ||
           (is_too_long(index) && begins_as_refusal(text));
}

void Datagrams::take(std::size_t index) {
    ReplyLines const& lines = loop_.server().lines;
    LoopCounters& counters = loop_.counters;
    std::string_view const text = without_line_ending(batch_.bytes(index));
    counters.bytes.add(batch_.bytes(index).size());
    if (is_answer(index)) {
        counters.replies.add();
    } else if (is_too_long(index)) {
        counters.messages.add();
        counters.refused_too_long.add();
        owed_.push_back({index, lines.too_long.line(), false});
    } else if (Permit permit = admission_.admit(); !permit) {
        counters.refused_busy.add();
        owed_.push_back({index, lines.busy.line(), false});
    } else {
        counters.messages.add();
        permits_.push_back(std::move(permit));
        senders_[index] = to_peer_address(batch_.sender(index), SocketType::datagram);
        messages_.emplace_back(text, &senders_[index]);
        owed_.push_back({index, lines.ack.line(), true});
    }
}

void Datagrams::add_records() {
    MessageWriter& writer = *loop_.writer();
    ends_.clear();
    for (Message const& message : messages_) {
        writer.begin(*message.sender);
        writer.add(message.text);
        ends_.push_back(writer.end());
    }
}

void Datagrams::reply_to_written() {
    MessageWriter const& writer = *loop_.writer();
    auto const written = static_cast<std::size_t>(std::ranges::count_if(
        ends_, [&](MessageWriter::Position end) { return writer.is_written(end); }));
    std::ignore = loop_.server().end_if_failed(writer, messages_.size() - written);
    set_replies(written, {});
}

Task<void> Datagrams::handle() {
    if (messages_.empty()) {
        co_return;
    }
    std::size_t bytes = 0;
    for (Message const& message : messages_) {
        bytes += message.text.size();
    }
    BudgetShare const share(loop_, bytes);
    std::size_t taken = messages_.size();
    Refusals refusals;
    std::exception_ptr thrown;
    try {
        Batch const batch(messages_, loop_.index(), refusals);
        co_await loop_.server().handler(batch);
    } catch (...) {
        thrown = std::current_exception();
    }
    // A Task can end on the thread of what it has awaited.
    co_await asio::dispatch(loop_.context(), asio::deferred);
    if (thrown) {
        taken = std::min(
            taken, loop_.server().handle_exception(thrown, refusals).value_or(messages_.size()));
    }
    refusals_ = refusal_lines(refusals);
    set_replies(taken, refusals);
}

/// What was not taken is owed a refusal instead of an ack.
void Datagrams::set_replies(std::size_t taken, Refusals const& refusals) {
    std::size_t index = 0;
    for (Owed& owed : owed_) {
        if (owed.ack) {
            set_reply(owed, messages_[index].text, refusals.reason_for(index), index < taken);
            ++index;
        }
    }
}

/// `reason`: an index of refusals_, if it was refused.
void Datagrams::set_reply(Owed& owed, std::string_view text, std::optional<std::size_t> reason,
                          bool taken) {
    owed.ack = taken && !reason;
    if (owed.ack) {
        loop_.counters.displayed.add();
    } else if (!taken) {
        owed.line = loop_.server().lines.cannot_display.line();
        loop_.counters.handler_failed.add();
    } else {
        // What begins as a refusal can be another server's, which would refuse ours in turn.
        bool const answered = !is_refusal(text);
        owed.line = answered ? refusals_[*reason].line() : std::string_view();
        loop_.counters.handler_refused.add();
    }
}

void Datagrams::acknowledge() {
    send_owed();
    permits_.clear();
    callbacks_.served();
}

/// Who has no address cannot be answered, and who does not read is not.
bool Datagrams::can_be_answered(Owed const& owed) const {
    return !owed.line.empty() && batch_.answerable(owed.datagram) &&
           !(unread_ && unread_->leaves_unread(batch_.sender(owed.datagram)));
}

void Datagrams::send_owed() {
    if (!has_socket()) {
        loop_.counters.unanswered.add(owed_.size());
        return;
    }
    if (unread_) {
        tell_failed_look(unread_->refresh());
    }
    for (Owed const& owed : owed_) {
        if (can_be_answered(owed)) {
            batch_.answer(owed.datagram, owed.line);
        }
    }
    batch_.send(descriptor_);
    for (Owed const& owed : owed_) {
        if (!batch_.answered(owed.datagram)) {
            loop_.counters.unanswered.add();
        } else if (owed.ack) {
            loop_.counters.acknowledged.add();
        }
    }
}

Task<void> Datagrams::pause(asio::error_code why) {
    callbacks_.receiving_paused(why.message());
    pause_.expires_after(pause_time);
    co_await pause_.async_wait(asio::as_tuple);
}

/// Senders that do not read their answers get none, which leaves buffer space for the others.
Task<void> Datagrams::find_non_readers() {
    asio::steady_timer timer(bound_.socket.get_executor(), UnreadAnswers::pause);
    co_await timer.async_wait(asio::as_tuple);
    if (!has_socket()) {
        co_return;
    }
    std::error_code const error = unread_->find_non_readers();
    tell_failed_look(error);
    if (!error && unread_throttle_.lets_through(Clock::now())) {
        loop_.server().options.log(
            LogLevel::warning,
            fmt::format("answers of {} pile up unread: those who do not read theirs get no more",
                        to_string(bound_.address)));
    }
}

void Datagrams::tell_failed_look(std::error_code why) {
    if (why) {
        failed_looks_.add(loop_.server().options.log, why.message());
    }
}

void Datagrams::close() {
    open_ = false;
    if (idle_) {
        loop_.resume_soon(waiter_);
    }
    pause_.cancel();
}

void Datagrams::end_now() {
    close();
    finish();
}

void Datagrams::refuse_queued() {
    if (!has_socket()) {
        return;
    }
    for (std::size_t batch = 0; batch != Admission::most_refused_batches_at_shutdown; ++batch) {
        if (batch_.receive(descriptor_, batch_.most())) {
            return;
        }
        owed_.clear();
        for (std::size_t index = 0; index != batch_.size(); ++index) {
            if (is_answer(index)) {
                loop_.counters.replies.add();
            } else {
                loop_.counters.refused_shutdown.add();
                owed_.push_back({index, loop_.server().lines.shutting_down.line(), false});
            }
        }
        send_owed();
    }
}

void Datagrams::finish() {
    if (!has_socket()) {
        return;
    }
    close_socket();
    if (dropped_ != 0) {
        loop_.server().options.log(
            LogLevel::warning,
            fmt::format("{} datagrams to {} came faster than they could be displayed, and were "
                        "dropped by the system",
                        dropped_, to_string(bound_.address)));
    }
}

void Datagrams::close_socket() {
    std::lock_guard const lock(closing_);
    loop_.unwatch(descriptor_);
    dropped_ = count_dropped(std::exchange(descriptor_, -1));
    asio::error_code ignored;
    bound_.socket.close(ignored);
    bound_.file.reset();
}

std::size_t Datagrams::dropped() const {
    std::lock_guard const lock(closing_);
    return has_socket() ? count_dropped(descriptor_) : dropped_;
}

}  // namespace roger
