// A stream's bytes as messages: the protocol's framing, without a socket.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// What became of a message when its line was read.
enum class LineStatus : std::uint8_t { accepted, too_long };

/// What one read brought: the accepted messages, and a status for each message in its order.
struct DecodedLines {
    struct Run {
        LineStatus status;
        std::size_t count;
        bool operator==(Run const&) const = default;
    };

    std::string messages;     ///< accepted messages, each followed by one '\n', as in Batch::text
    std::vector<Run> runs;    ///< statuses in order, run-length coded; neighbours differ
    bool line_ended = false;  ///< at least one line did, if only the rest of one that was too long

    [[nodiscard]] bool empty() const { return runs.empty(); }
    /// What it takes to keep it.
    [[nodiscard]] std::size_t bytes() const { return messages.size() + runs.size() * sizeof(Run); }
    void add(LineStatus status);
};

/// Splits a stream into messages. A message ends at '\n' (a '\r' right before it belongs to the
/// line ending) or at the end of the stream. Keeps only the unfinished message, and of that never
/// more than `max_message` + 1 bytes: the length is checked before bytes are kept.
///
/// A message that is too long gets its status as soon as that is certain, not at its end: its
/// sender may be waiting for the answer before it sends more. The rest of its line is skipped.
class LineDecoder {
public:
    /// The largest `max_message`, 1 GiB: more would not be a line.
    static constexpr std::size_t most_max_message = std::size_t{1} << 30;

    /// `max_message` counts bytes without the line ending.
    explicit LineDecoder(std::size_t max_message)
        : max_message_(static_cast<std::uint32_t>(std::min(max_message, most_max_message))) {}

    /// Takes the stream's next bytes, and adds what they finish.
    void feed(std::string_view bytes, DecodedLines& decoded);

    /// Takes the end of the stream: an unfinished message is finished by it.
    void finish(DecodedLines& decoded);

    /// A message has begun (the rest of one that is too long included) and has not ended.
    [[nodiscard]] bool unfinished() const { return skipping_ || !begun_.empty(); }

private:
    void keep(std::string_view bytes, DecodedLines& decoded);
    void append(std::string_view bytes);
    void end_line(std::string_view rest, DecodedLines& decoded);
    void end_message(std::string_view rest, std::size_t size, DecodedLines& decoded);

    std::string begun_;  ///< the unfinished message; without storage of its own while there is none
    std::uint32_t max_message_;
    bool skipping_ = false;
};

}  // namespace roger
