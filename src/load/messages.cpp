// Rendering messages.
#include "load/messages.hpp"

#include "load/stamp.hpp"
#include "protocol/quantity.hpp"
#include "protocol/quoted.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace roger {

namespace {

/// A line server, and the audit, would see another message than the one that was asked for.
void check_text(std::string const& text, std::string_view line_ending) {
    if (text.find('\n') != text.npos) {
        throw std::invalid_argument("a newline ends a message, so its text cannot hold one: " +
                                    quoted(text));
    }
    if (text.ends_with('\r') && line_ending == "\n") {
        throw std::invalid_argument(
            "a carriage return before the newline is no part of the message: leave it out of " +
            quoted(text) + ", and end messages with both by --line-ending crlf");
    }
}

void append_number(std::string& out, std::uint64_t number) {
    fmt::format_int const digits(number);
    out.append(digits.data(), digits.size());
}

}  // namespace

Messages::Messages(LoadSettings const& settings, std::uint64_t run)
    : size_(settings.size), line_ending_(settings.line_ending), audit_(settings.audit), run_(run) {
    if (audit_ && size_ != 0 && size_ < stamp_size) {
        throw std::invalid_argument(
            fmt::format("--size: an audited message has at least {} bytes, for its number and "
                        "checksum; {} is too small",
                        stamp_size, size_to_string(size_)));
    }
    for (std::string const& text : settings.texts) {
        check_text(text, line_ending_);
        texts_.push_back(parse(text));
    }
}

Messages::Text Messages::parse(std::string const& text) {
    constexpr std::array<std::pair<std::string_view, Placeholder>, 2> words = {
        {{"{client}", Placeholder::client}, {"{message}", Placeholder::message}}};
    Text pieces;
    std::string literal;
    for (std::string_view rest = text; !rest.empty();) {
        auto const* const word = std::ranges::find_if(
            words, [rest](auto const& each) { return rest.starts_with(each.first); });
        if (word != words.end()) {
            pieces.push_back({std::exchange(literal, {}), word->second});
            rest.remove_prefix(word->first.size());
        } else {
            literal += rest.front();
            rest.remove_prefix(1);
        }
    }
    pieces.push_back({literal, Placeholder::none});
    return pieces;
}

void Messages::append(std::string& out, Text const& text, Speaker const& speaker) {
    for (auto const& [literal, then] : text) {
        out += literal;
        if (then != Placeholder::none) {
            append_number(out, then == Placeholder::client ? speaker.client : speaker.message);
        }
    }
}

void Messages::append_text(std::string& out, Speaker const& speaker, std::size_t size) const {
    if (size_ != 0) {
        constexpr std::string_view filler = "abcdefghijklmnopqrstuvwxyz";
        for (; size > 0; size -= std::min(size, filler.size())) {
            out += filler.substr(0, size);
        }
        return;
    }
    append(out, texts_[(speaker.client + speaker.message) % texts_.size()], speaker);
}

void Messages::append(std::string& out, Speaker const& speaker) {
    if (audit_) {
        scratch_.clear();
        append_text(scratch_, speaker, size_ - std::min(size_, stamp_size));
        append_stamped(out,
                       {.run = run_,
                        .client = speaker.client,
                        .connection = speaker.connection,
                        .number = speaker.message},
                       scratch_);
    } else {
        append_text(out, speaker, size_);
    }
    out += line_ending_;
}

}  // namespace roger
