// A stream's bytes as messages: the protocol's framing, without a socket.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// What became of a message when its line was read.
enum class LineStatus : std::uint8_t { accepted, too_long };

/// What one read brought: the accepted messages, and a status for each message in its order. For
/// one thread at a time; throws nothing but std::bad_alloc.
struct DecodedLines {
    struct Run {
        LineStatus status;
        std::uint32_t count;
        bool operator==(Run const&) const = default;
    };

    std::string messages;     ///< accepted messages, each followed by one '\n'
    std::vector<Run> runs;    ///< statuses in order, run-length coded; neighbours differ
    bool line_ended = false;  ///< at least one line did, if only the rest of one that was too long

    [[nodiscard]] bool empty() const { return runs.empty(); }
    /// Memory that it uses, in bytes.
    [[nodiscard]] std::size_t bytes() const { return messages.size() + runs.size() * sizeof(Run); }
    [[nodiscard]] std::size_t count(LineStatus status) const;

    // What a LineDecoder calls.
    void add(std::string_view message) {
        messages.append(message).push_back('\n');
        add(LineStatus::accepted);
    }
    void add_too_long() { add(LineStatus::too_long); }
    void end_line() { line_ended = true; }

    void add(LineStatus status);
};

/// Splits a stream into messages. A message ends at '\n' (a '\r' right before it belongs to the
/// line ending) or at the end of the stream. Keeps only the unfinished message, and of that never
/// more than `max_message` + 1 bytes: the length is checked before bytes are kept.
///
/// A message that is too long gets its status as soon as that is certain, not at its end: its
/// sender may be waiting for the answer before it sends more. The rest of its line is skipped.
///
/// For one thread at a time: there is no lock. Throws nothing but std::bad_alloc and what the
/// caller's `lines` throw; after either it can only be destroyed.
class LineDecoder {
public:
    /// The largest `max_message`, 1 GiB: more would not be a line.
    static constexpr std::size_t message_limit = std::size_t{1} << 30;

    /// `max_message` counts bytes without the line ending; more than `message_limit` means that.
    explicit LineDecoder(std::size_t max_message)
        : max_message_(static_cast<std::uint32_t>(std::min(max_message, message_limit))) {}

    /// Takes the stream's next bytes, and calls, in the order of the stream, `lines.add(text)` for
    /// each message that they complete, with a view that is valid only during the call,
    /// `lines.add_too_long()`, and `lines.end_line()` for each line. DecodedLines has all three.
    /// Stops after `max_lines`, and returns how many bytes it has taken.
    template <typename LineConsumer>
    std::size_t feed(std::string_view bytes, LineConsumer& lines,
                     std::size_t max_lines = std::string_view::npos);

    /// Takes the end of the stream: an unfinished message is finished by it.
    template <typename LineConsumer>
    void finish(LineConsumer& lines);

    /// A message has begun (the rest of one that is too long included) and has not ended.
    [[nodiscard]] bool unfinished() const { return skipping_ || begun_; }

private:
    // A line is looked at in two pieces, what was kept of it and what came now, so that its length
    // is known before any of it is copied.
    template <typename LineConsumer>
    void keep(std::string_view bytes, LineConsumer& lines);
    void append(std::string_view bytes);
    template <typename LineConsumer>
    void end_line(std::string_view rest, LineConsumer& lines);
    template <typename LineConsumer>
    void end_message(std::string_view rest, std::size_t size, LineConsumer& lines);
    [[nodiscard]] std::string_view begun() const { return begun_ ? *begun_ : std::string_view(); }
    [[nodiscard]] bool ends_in_return(std::string_view rest) const {
        return (rest.empty() ? begun() : rest).ends_with('\r');
    }

    std::unique_ptr<std::string> begun_;  ///< the unfinished message, if there is one
    std::uint32_t max_message_;
    bool skipping_ = false;
};

template <typename LineConsumer>
std::size_t LineDecoder::feed(std::string_view bytes, LineConsumer& lines, std::size_t max_lines) {
    std::size_t taken = 0;
    for (; max_lines != 0 && taken != bytes.size(); --max_lines) {
        std::size_t const end = bytes.find('\n', taken);
        if (end == bytes.npos) {
            keep(bytes.substr(taken), lines);
            return bytes.size();
        }
        end_line(bytes.substr(taken, end - taken), lines);
        taken = end + 1;
    }
    return taken;
}

template <typename LineConsumer>
void LineDecoder::finish(LineConsumer& lines) {
    if (begun_) {
        end_message({}, begun_->size(), lines);
    }
    skipping_ = false;
}

template <typename LineConsumer>
void LineDecoder::keep(std::string_view bytes, LineConsumer& lines) {
    if (skipping_) {
        return;
    }
    std::size_t const size = begun().size() + bytes.size();
    // A last '\r' may turn out to belong to the line ending.
    bool const may_fit =
        size <= max_message_ || (size - max_message_ == 1 && ends_in_return(bytes));
    if (may_fit) {
        append(bytes);
    } else {
        skipping_ = true;
        end_message(bytes, size, lines);
    }
}

template <typename LineConsumer>
void LineDecoder::end_line(std::string_view rest, LineConsumer& lines) {
    lines.end_line();
    if (skipping_) {
        skipping_ = false;
        return;
    }
    std::size_t const size = begun().size() + rest.size();
    end_message(rest, ends_in_return(rest) ? size - 1 : size, lines);
}

/// `size`: the message's, which can lack a byte of the two pieces together.
template <typename LineConsumer>
void LineDecoder::end_message(std::string_view rest, std::size_t size, LineConsumer& lines) {
    if (size > max_message_) {
        lines.add_too_long();
    } else if (!begun_) {
        lines.add(rest.substr(0, size));
    } else {
        append(rest);
        lines.add(begun().substr(0, size));
    }
    begun_.reset();
}

}  // namespace roger
