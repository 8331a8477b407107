// Answers owed to a client.
#include "protocol/replies.hpp"

#include <algorithm>
#include <array>

namespace roger {

using namespace std::string_view_literals;

namespace {

// As docs/protocol.md lists them; the other refusals are of a connection.
constexpr std::array refusals = {"error: busy"sv, "error: shutting down"sv,
                                 "error: cannot display"sv};
constexpr std::string_view too_long_begins = "error: message longer than ";
constexpr std::string_view too_long_ends = " bytes";
constexpr std::string_view digits = "0123456789";

bool begins_as_too_long(std::string_view text) {
    return text.starts_with(too_long_begins) &&
           text.find_first_of(digits, too_long_begins.size()) == too_long_begins.size();
}

}  // namespace

ReplyLine::ReplyLine(std::string_view text, std::size_t block_bytes) : line_size_(text.size() + 1) {
    std::size_t const copies = std::max<std::size_t>(1, block_bytes / line_size_);
    block_.reserve(copies * line_size_);
    for (std::size_t copy = 0; copy != copies; ++copy) {
        block_.append(text).push_back('\n');
    }
}

std::string_view ReplyLine::repeated(std::size_t offset, std::size_t most) const {
    return std::string_view(block_).substr(offset % line_size_, most);
}

bool is_reply(std::string_view text, std::string_view ack) {
    constexpr std::array acks = {"I got your message"sv, "Got your message"sv};
    if (text == ack || std::ranges::find(acks, text) != acks.end() ||
        std::ranges::find(refusals, text) != refusals.end()) {
        return true;
    }
    if (!begins_as_too_long(text) || !text.ends_with(too_long_ends)) {
        return false;
    }
    text.remove_prefix(too_long_begins.size());
    text.remove_suffix(too_long_ends.size());
    return text.find_first_not_of(digits) == text.npos;
}

bool begins_as_refusal(std::string_view text) {
    return begins_as_too_long(text) ||
           std::ranges::any_of(refusals, [text](auto each) { return text.starts_with(each); });
}

void Replies::add(ReplyLine const& line, std::size_t count) {
    if (count == 0) {
        return;
    }
    if (runs_.empty() || runs_.back().line != &line) {
        runs_.push_back({&line, 0});
    }
    runs_.back().bytes += count * line.line_size();
}

std::span<asio::const_buffer> Replies::gather(std::span<asio::const_buffer> buffers) const {
    std::size_t used = 0;
    for (Run const& run : runs_) {
        std::size_t left = run.bytes;
        while (left != 0 && used != buffers.size()) {
            // A run ends at the end of a line: what is left of it tells where in a line it stands.
            std::size_t const line_size = run.line->line_size();
            std::size_t const offset = line_size - left % line_size;
            std::string_view const piece = run.line->repeated(offset, left);
            buffers[used++] = asio::const_buffer(piece.data(), piece.size());
            left -= piece.size();
        }
    }
    return buffers.first(used);
}

void Replies::consume(std::size_t bytes) {
    auto run = runs_.begin();
    while (run != runs_.end() && run->bytes <= bytes) {
        bytes -= run->bytes;
        ++run;
    }
    if (run != runs_.end()) {
        run->bytes -= bytes;
    }
    runs_.erase(runs_.begin(), run);
}

}  // namespace roger
