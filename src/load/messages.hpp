// What the clients send.
#pragma once

#include "load/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// Who sends a message, and its sequence number among that client's, from 1.
struct Sender {
    std::uint64_t client;
    std::uint64_t connection;
    std::uint64_t message;
};

/// Texts with placeholders: {client} and {message} stand for their numbers. Clients send the texts
/// in turn, each beginning with another one; or, with weights, each message has a random one. What
/// a message is depends on its client and its number alone.
class Messages {
public:
    /// `run` distinguishes audited messages of this run from all others. Throws
    /// std::invalid_argument with a sentence for a size too small for a stamp, for a text with a
    /// newline, or for one whose last carriage return would become part of its line ending.
    Messages(LoadSettings const& settings, std::uint64_t run);

    /// Appends the message and its line ending. Allocates nothing once `out` has grown.
    void append(std::string& out, Sender const& sender);

private:
    enum class Placeholder : std::uint8_t { none, client, message };
    struct Piece {
        std::string literal;
        Placeholder then;  ///< what follows the literal
    };
    using Text = std::vector<Piece>;

    static Text parse(std::string const& text);
    static void append(std::string& out, Text const& text, Sender const& sender);
    void append_text(std::string& out, Sender const& sender, std::size_t size) const;
    [[nodiscard]] Text const& text_of(Sender const& sender) const;
    [[nodiscard]] std::size_t size_of(Sender const& sender) const;

    std::vector<Text> texts_;
    std::vector<double> shares_;  ///< of each text and those before it, of all; none: in turn
    std::optional<Distribution> size_;
    std::size_t least_size_;
    std::size_t most_size_;
    std::uint64_t seed_;
    std::string line_ending_;
    bool audit_;
    std::uint64_t run_;
    std::string scratch_;
};

}  // namespace roger
