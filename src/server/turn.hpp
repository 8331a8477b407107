// What one read of a client's brought, from then until it is answered.
#pragma once

#include "protocol/replies.hpp"
#include "roger/line_decoder.hpp"
#include "roger/refusals.hpp"
#include "server/message_writer.hpp"
#include "server/tally.hpp"

#include <cstddef>

namespace roger {

struct Turn {
    DecodedLines lines;               ///< without the messages, where a writer has them
    MessageWriter::Position end = 0;  ///< of the messages, where a writer has them
    Replies replies;                  ///< to the lines, in their order
    std::size_t acks = 0;             ///< among the replies

    /// Answers every line. The first `taken` of the accepted messages have been handled; those of
    /// them that `refusals` names were refused. Counts it.
    void answer(ReplyLines const& reply_lines, std::size_t taken, Tally& tally,
                Refusals const& refusals = {});

    /// As new, with the room that it has.
    void clear();

    /// Bytes of the largest room that it has.
    [[nodiscard]] std::size_t capacity() const;
};

}  // namespace roger
