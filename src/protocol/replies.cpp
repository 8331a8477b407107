// Answers owed to a client.
#include "protocol/replies.hpp"

#include "protocol/answers.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace roger {

namespace {

// Of a message; the others are of a connection.
constexpr std::array fixed_reasons = {busy_reason, shutting_down_reason, cannot_display_reason,
                                      cannot_store_reason};
constexpr std::string_view digits = "0123456789";

/// Empty: it is no refusal.
std::string_view reason_of(std::string_view text) {
    return is_refusal(text) ? text.substr(refusal_prefix.size()) : std::string_view();
}

bool begins_as_too_long(std::string_view reason) {
    return reason.starts_with(too_long_prefix) &&
           reason.find_first_of(digits, too_long_prefix.size()) == too_long_prefix.size();
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

std::vector<ReplyLine> refusal_lines(Refusals const& refusals) {
    std::vector<ReplyLine> lines;
    for (std::string const& reason : refusals.reasons()) {
        lines.emplace_back(refusal(reason), 1);
    }
    return lines;
}

bool is_reply(std::string_view text, std::string_view ack) {
    constexpr std::array acks = {default_ack, std::string_view("Got your message")};
    std::string_view reason = reason_of(text);
    if (text == ack || std::ranges::find(acks, text) != acks.end() ||
        std::ranges::find(fixed_reasons, reason) != fixed_reasons.end()) {
        return true;
    }
    if (!begins_as_too_long(reason) || !reason.ends_with(too_long_suffix)) {
        return false;
    }
    reason.remove_prefix(too_long_prefix.size());
    reason.remove_suffix(too_long_suffix.size());
    return reason.find_first_not_of(digits) == reason.npos;
}

bool begins_as_refusal(std::string_view text) {
    std::string_view const reason = reason_of(text);
    return begins_as_too_long(reason) || std::ranges::any_of(fixed_reasons, [reason](auto each) {
               return reason.starts_with(each);
           });
}

void Replies::add(ReplyLine const& line, std::size_t count) {
    unsigned const index = index_of(line);
    while (count != 0) {
        bool const goes_on =
            !empty() && runs_.back().line == index && runs_.back().count < most_count;
        if (!goes_on) {
            runs_.emplace_back().line = index & own_line;
        }
        Run& run = runs_.back();
        auto const more =
            static_cast<unsigned>(std::min<std::size_t>(count, most_count - run.count));
        run.count = (run.count + more) & most_count;
        count -= more;
    }
}

unsigned Replies::index_of(ReplyLine const& line) {
    auto* const found = std::ranges::find_if(
        lines_, [&line](ReplyLine const* each) { return each == nullptr || each == &line; });
    *found = &line;
    return static_cast<unsigned>(found - lines_.begin());
}

std::span<iovec> Replies::gather(std::span<iovec> buffers) const {
    std::size_t used = 0;
    std::size_t offset = sent_;
    for (std::size_t index = next_; index != runs_.size() && used != buffers.size(); ++index) {
        Run const run = runs_[index];
        for (std::size_t const end = bytes(run); offset != end && used != buffers.size();) {
            std::string_view const piece = line(run).repeated(offset, end - offset);
            // sendmsg(2) does not write to it.
            buffers[used++] = {const_cast<char*>(piece.data()), piece.size()};
            offset += piece.size();
        }
        offset = 0;
    }
    return buffers.first(used);
}

void Replies::consume(std::size_t bytes_sent) {
    sent_ += bytes_sent;
    while (!empty() && sent_ >= bytes(runs_[next_])) {
        sent_ -= bytes(runs_[next_++]);
    }
    if (empty()) {
        runs_.clear();
        next_ = 0;
    }
}

}  // namespace roger
