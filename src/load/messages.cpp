// Rendering messages.
#include "load/messages.hpp"

#include "load/random.hpp"
#include "load/stamp.hpp"
#include "net/datagram_size.hpp"
#include "protocol/quantity.hpp"
#include "protocol/quote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace roger {

namespace {

constexpr std::size_t most_size = 64 * 1024 * 1024;

bool is_uniform(std::optional<Distribution> const& size) {
    return size && size->kind == Distribution::Kind::uniform;
}

/// An exponentially distributed size has no bound of its own.
std::size_t bound_of(LoadSettings const& settings) {
    return !is_uniform(settings.size) && settings.datagrams()
               ? largest_udp_payload - settings.line_ending.size()
               : most_size;
}

/// A line server, and the audit, would see a different message from the one that was asked for.
void check_text(std::string const& text, std::string_view line_ending) {
    if (text.empty() && line_ending.empty()) {
        throw std::invalid_argument(
            "an empty datagram holds no message: give each --message, or line of --messages-from, "
            "a "
            "text, or end it by --line-ending lf");
    }
    if (text.find('\n') != text.npos) {
        throw std::invalid_argument("a newline ends a message, so its text cannot hold one: " +
                                    quote(text));
    }
    if (text.ends_with('\r') && line_ending == "\n") {
        throw std::invalid_argument(
            "a carriage return before the newline is no part of the message: leave it out of " +
            quote(text) + ", and end messages with both by --line-ending crlf");
    }
}

void append_number(std::string& out, std::uint64_t number) {
    fmt::format_int const digits(number);
    out.append(digits.data(), digits.size());
}

}  // namespace

Messages::Messages(LoadSettings const& settings, std::uint64_t run)
    : size_(settings.size),
      least_size_(settings.audit ? stamp_size : 1),
      most_size_(bound_of(settings)),
      seed_(settings.seed),
      line_ending_(settings.line_ending),
      audit_(settings.audit),
      run_(run) {
    if (audit_ && is_uniform(size_) && size_->low < static_cast<double>(stamp_size)) {
        throw std::invalid_argument(
            fmt::format("--size: an audited message has at least {} bytes, for its number and "
                        "checksum; {} is too small",
                        stamp_size, size_to_string(static_cast<std::size_t>(size_->low))));
    }
    if (is_uniform(size_) && size_->high > static_cast<double>(most_size)) {
        throw std::invalid_argument(fmt::format(
            "--size: a message has at most {}; {} is too much", size_to_string(most_size),
            size_to_string(static_cast<std::size_t>(size_->high))));
    }
    for (std::string const& text : settings.texts) {
        check_text(text, line_ending_);
        texts_.push_back(parse(text));
    }
    double sum = 0;
    for (double const weight : settings.weights) {
        shares_.push_back(sum += weight);
    }
    for (double& share : shares_) {
        share /= sum;
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

void Messages::append(std::string& out, Text const& text, Sender const& sender) {
    for (auto const& [literal, then] : text) {
        out += literal;
        if (then != Placeholder::none) {
            append_number(out, then == Placeholder::client ? sender.client : sender.message);
        }
    }
}

Messages::Text const& Messages::text_of(Sender const& sender) const {
    if (shares_.empty()) {
        return texts_[(sender.client + sender.message) % texts_.size()];
    }
    double const random = uniform(seed_, Draw::text, sender.client, sender.message);
    auto const first = std::ranges::lower_bound(shares_, random);
    // The last share can be a little less than 1.
    auto const index =
        std::min<std::size_t>(static_cast<std::size_t>(first - shares_.begin()), texts_.size() - 1);
    return texts_[index];
}

std::size_t Messages::size_of(Sender const& sender) const {
    double const size = size_->value(uniform(seed_, Draw::size, sender.client, sender.message));
    return std::clamp(static_cast<std::size_t>(std::lround(size)), least_size_, most_size_);
}

void Messages::append_text(std::string& out, Sender const& sender, std::size_t size) const {
    if (!size_) {
        append(out, text_of(sender), sender);
        return;
    }
    constexpr std::string_view filler = "abcdefghijklmnopqrstuvwxyz";
    for (; size > 0; size -= std::min(size, filler.size())) {
        out += filler.substr(0, size);
    }
}

void Messages::append(std::string& out, Sender const& sender) {
    std::size_t const size = size_ ? size_of(sender) : 0;
    if (audit_) {
        scratch_.clear();
        append_text(scratch_, sender, size - std::min(size, stamp_size));
        append_stamped(out,
                       {.run = run_,
                        .client = sender.client,
                        .connection = sender.connection,
                        .number = sender.message},
                       scratch_);
    } else {
        append_text(out, sender, size);
    }
    out += line_ending_;
}

}  // namespace roger
