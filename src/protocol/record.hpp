// How a message is written out: one record, whatever its bytes are (promise P2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace roger {

enum class Show : std::uint8_t {
    text,  ///< safe on any terminal, and reversible: see append_escaped
    raw,   ///< the message's bytes
    json,  ///< one object: time, server where it has a name, from, message (or message_base64)
};

/// Where a message came from, for json.
struct Origin {
    std::string_view server;   ///< the receiving server's name; empty: none
    std::string_view from;     ///< the sender
    std::int64_t time_ms = 0;  ///< when it was received: since 1970, UTC
};

void append_json(std::string& out, std::string_view message, Origin const& origin);

/// The whole record, newline included, in the format `show`.
void append_record(std::string& out, Show show, std::string_view message, Origin const& origin);

/// In bytes, of a message of that many, whatever they are: without what is in an Origin.
std::size_t longest_record(Show show, std::size_t message_bytes);

}  // namespace roger
