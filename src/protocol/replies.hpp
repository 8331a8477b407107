// Answers owed to a client, kept by number and not by their bytes: a client that never reads its
// acks costs no more than one that does.
#pragma once

#include "roger/refusals.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/uio.h>

namespace roger {

/// One answer line, and a block of it repeated, so that many in a row go out without being copied.
class ReplyLine {
public:
    /// `text` without its '\n'.
    explicit ReplyLine(std::string_view text, std::size_t block_bytes = 4096);

    [[nodiscard]] std::string_view line() const {
        return std::string_view(block_).substr(0, line_size_);
    }
    [[nodiscard]] std::size_t line_size() const { return line_size_; }

    /// Bytes of the endless repetition of the line from `offset`: at most `most` and at most what
    /// the block holds.
    [[nodiscard]] std::string_view repeated(std::size_t offset, std::size_t most) const;

private:
    std::string block_;
    std::size_t line_size_;
};

/// Every line that a server can send.
struct ReplyLines {
    ReplyLine ack;
    ReplyLine busy;
    ReplyLine too_long;
    ReplyLine message_timeout;
    ReplyLine idle_timeout;
    ReplyLine shutting_down;
    ReplyLine cannot_display;
};

/// A handler's reasons as lines, in their order.
std::vector<ReplyLine> refusal_lines(Refusals const& refusals);

/// Whether a datagram's text is what a server sends and not a client: `ack`, the ack that is ours
/// or the tutorial's by default, or a refusal of one message. A server whose --ack is another
/// cannot be told by it.
bool is_reply(std::string_view text, std::string_view ack);

/// Whether a text begins as a refusal of one message does.
bool begins_as_refusal(std::string_view text);

/// A queue of answers to one client, run-length coded: at most two bytes for each, so that a client
/// whose messages are acknowledged and refused in turn costs less than what it has sent.
class Replies {
public:
    /// `line` outlives the queue, which takes at most 7 different ones.
    void add(ReplyLine const& line, std::size_t count = 1);

    /// Lines that live as long as the queue, before any of them is added.
    void own(std::vector<ReplyLine> lines) { own_lines_ = std::move(lines); }
    void add_own(std::size_t index) {
        runs_.push_back({own_line, static_cast<std::uint16_t>(index & most_count)});
    }

    /// Room for so many runs of one line each: a queue that grows by itself can take twice that.
    void reserve(std::size_t runs) { runs_.reserve(runs); }

    [[nodiscard]] bool empty() const { return next_ == runs_.size(); }

    /// Bytes that it keeps for the queue itself.
    [[nodiscard]] std::size_t capacity() const { return runs_.capacity() * sizeof(Run); }

    /// As new, with the room that it has.
    void clear() {
        lines_ = {};
        own_lines_.clear();
        runs_.clear();
        next_ = sent_ = 0;
    }

    /// Fills `buffers` with the next bytes to send, without copying; returns those in use.
    [[nodiscard]] std::span<iovec> gather(std::span<iovec> buffers) const;

    /// The first `bytes_sent` of what gather() gave have been sent.
    void consume(std::size_t bytes_sent);

private:
    struct Run {
        std::uint16_t line : 3;    ///< an index into lines_, or own_line
        std::uint16_t count : 13;  ///< of own_line, which comes once: an index into own_lines_
    };
    static constexpr unsigned most_lines = 7;
    static constexpr unsigned own_line = most_lines;
    static constexpr unsigned most_count = (1U << 13U) - 1;

    unsigned index_of(ReplyLine const& line);
    [[nodiscard]] std::size_t bytes(Run run) const {
        return (run.line == own_line ? 1 : run.count) * line(run).line_size();
    }
    [[nodiscard]] ReplyLine const& line(Run run) const {
        return run.line == own_line ? own_lines_[run.count] : *lines_[run.line];
    }

    std::array<ReplyLine const*, most_lines> lines_ = {};
    std::vector<ReplyLine> own_lines_;
    std::vector<Run> runs_;
    std::size_t next_ = 0;  ///< the run to be sent next
    std::size_t sent_ = 0;  ///< bytes of it
};

}  // namespace roger
