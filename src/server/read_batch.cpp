// The answers to what was received.
#include "server/read_batch.hpp"

#include <algorithm>

namespace roger {

namespace {

/// To `count` messages that were handled, or refused by themselves, from `message` on, an index in
/// their batch. Returns how many were refused.
std::size_t add_answers(Replies& replies, ReplyLine const& ack, std::size_t count,
                        Refusals const& refusals, std::size_t message) {
    if (refusals.empty()) {
        replies.add(ack, count);
        return 0;
    }
    std::size_t refused = 0;
    for (; count != 0; --count, ++message) {
        if (auto const reason = refusals.reason_for(message)) {
            replies.add_own(*reason);
            ++refused;
        } else {
            replies.add(ack);
        }
    }
    return refused;
}

}  // namespace

void ReadBatch::answer(ReplyLines const& reply_lines, std::size_t taken, LoopCounters& counters,
                       Refusals const& refusals) {
    std::size_t message = 0;
    replies.reserve(lines.runs.size());
    for (auto const& [status, count] : lines.runs) {
        if (status == LineStatus::too_long) {
            replies.add(reply_lines.too_long, count);
            counters.refused_too_long.add(count);
            continue;
        }
        std::size_t const handled = std::min<std::size_t>(count, taken);
        taken -= handled;
        std::size_t const refused =
            add_answers(replies, reply_lines.ack, handled, refusals, message);
        message += handled;
        acks += handled - refused;
        replies.add(reply_lines.cannot_display, count - handled);
        counters.handler_refused.add(refused);
        counters.handler_failed.add(count - handled);
    }
    counters.displayed.add(acks);
}

void ReadBatch::clear() {
    lines.messages.clear();
    lines.runs.clear();
    lines.line_ended = false;
    end = 0;
    replies.clear();
    acks = 0;
}

std::size_t ReadBatch::capacity() const {
    return std::max({lines.messages.capacity(), lines.runs.capacity() * sizeof(DecodedLines::Run),
                     replies.capacity()});
}

}  // namespace roger
