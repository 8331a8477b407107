// What holds of LineDecoder for every stream, limit and way of reading: for the fuzzer and for the
// tests.
#pragma once

#include "fuzz/demand.hpp"
#include "roger/batch.hpp"
#include "roger/line_decoder.hpp"

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {

/// The framing as its description has it: byte by byte, every line kept whole.
class ReferenceLines {
public:
    explicit ReferenceLines(std::size_t max_message) : max_message_(max_message) {}

    void take(char c) {
        if (c != '\n') {
            line_ += c;
            bool const may_fit = line_.size() <= max_message_ ||
                                 (line_.size() == max_message_ + 1 && line_.back() == '\r');
            if (!may_fit && !told_) {
                seen_.add(LineStatus::too_long);
                told_ = true;
            }
            return;
        }
        if (line_.ends_with('\r')) {
            line_.pop_back();
        }
        end_message();
    }

    void finish() {
        if (!line_.empty()) {
            end_message();
        }
    }

    [[nodiscard]] DecodedLines const& seen() const { return seen_; }

private:
    void end_message() {
        if (!told_ && line_.size() > max_message_) {
            seen_.add(LineStatus::too_long);
        } else if (!told_) {
            seen_.add(LineStatus::accepted);
            seen_.messages += line_ + '\n';
        }
        line_.clear();
        told_ = false;
    }

    DecodedLines seen_;
    std::string line_;
    std::size_t max_message_;
    bool told_ = false;
};

inline std::vector<std::string> messages_of(DecodedLines const& decoded) {
    PeerAddress const nobody;
    Refusals refusals;
    Batch const batch(decoded.messages, nobody, 0, refusals);
    return {batch.begin(), batch.end()};
}

inline void demand_a_sound_batch(DecodedLines const& decoded, std::size_t max_message) {
    std::size_t accepted = 0;
    for (DecodedLines::Run const& run : decoded.runs) {
        demand(run.count != 0, "no run is empty");
        accepted += run.status == LineStatus::accepted ? run.count : 0;
    }
    for (std::size_t i = 1; i < decoded.runs.size(); ++i) {
        demand(decoded.runs[i].status != decoded.runs[i - 1].status, "neighbours differ");
    }
    std::vector<std::string> const messages = messages_of(decoded);
    for (std::string const& message : messages) {
        demand(message.size() <= max_message, "an accepted message is no longer than allowed");
    }
    demand(messages.size() == accepted, "as many messages as statuses of accepted ones");
}

/// Reads `stream` to its end through `lines`, in pieces: `cut_after(i)` says whether one ends after
/// byte i. At every cut it has told just what it can know by then. Returns all that it told.
template <typename CutAfter>
DecodedLines check_reading(LineDecoder& lines, std::string_view stream, std::size_t max_message,
                           CutAfter cut_after) {
    ReferenceLines reference(max_message);
    DecodedLines decoded;
    std::size_t start = 0;
    for (std::size_t i = 0; i != stream.size(); ++i) {
        reference.take(stream[i]);
        if (i + 1 != stream.size() && !cut_after(i)) {
            continue;
        }
        lines.feed(stream.substr(start, i + 1 - start), decoded);
        start = i + 1;
        demand(lines.unfinished() == (stream[i] != '\n'),
               "a message is unfinished until its '\\n'");
        demand(decoded.messages.size() == reference.seen().messages.size() &&
                   decoded.runs.size() == reference.seen().runs.size() &&
                   (decoded.runs.empty() || decoded.runs.back() == reference.seen().runs.back()),
               "a status comes as soon as it is certain");
    }
    lines.finish(decoded);
    reference.finish();
    demand(!lines.unfinished(), "nothing is unfinished after the end");
    demand(decoded.messages == reference.seen().messages,
           "the messages do not depend on the reads");
    demand(decoded.runs == reference.seen().runs, "the statuses do not depend on the reads");
    demand_a_sound_batch(decoded, max_message);
    return decoded;
}

/// The fuzzer's input: a limit, a seed for where to cut, and the stream.
inline void check_lines(std::string_view input) {
    if (input.size() < 2) {
        return;
    }
    std::size_t const max_message = static_cast<unsigned char>(input[0]) % 48U;
    std::minstd_rand random(static_cast<unsigned char>(input[1]) + 1U);
    std::string_view const stream = input.substr(2);

    LineDecoder lines(max_message);
    auto const nowhere = [](std::size_t) { return false; };
    auto const everywhere = [](std::size_t) { return true; };
    auto const here_and_there = [&](std::size_t) { return random() % 8 == 0; };
    check_reading(lines, stream, max_message, nowhere);
    check_reading(lines, stream, max_message, everywhere);
    check_reading(lines, stream, max_message, here_and_there);
}

}  // namespace roger::test
