// What one read from a client brought, and the answers to it.
#pragma once

#include "protocol/replies.hpp"
#include "roger/line_decoder.hpp"
#include "roger/refusals.hpp"
#include "server/loop_counters.hpp"
#include "server/message_writer.hpp"

#include <cstddef>

namespace roger {

/// The lines of one read: what a session receives, has displayed and acknowledges together.
struct ReadBatch {
    DecodedLines lines;               ///< without the messages, where a writer has them
    MessageWriter::Position end = 0;  ///< of the messages, where a writer has them
    Replies replies;                  ///< to the lines, in their order
    std::size_t acks = 0;             ///< among the replies

    /// Answers every line. The first `taken` of the accepted messages have been handled; those of
    /// them that `refusals` names were refused. Counts it.
    void answer(ReplyLines const& reply_lines, std::size_t taken, LoopCounters& counters,
                Refusals const& refusals = {});

    /// As new, but keeps the memory that it has.
    void clear();

    /// Bytes of its largest allocation.
    [[nodiscard]] std::size_t capacity() const;
};

}  // namespace roger
