// How a message is written out: one record, whatever its bytes are (promise P2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace roger {

enum class Show : std::uint8_t {
    text,  ///< safe on any terminal, and reversible: see append_text
    raw,   ///< the message's bytes
    json,  ///< one object: time, from, message (or message_base64)
};

/// Printable UTF-8 verbatim; control characters (C0, DEL, C1: by code point), bytes that are no
/// valid UTF-8, and what could end or disguise a line otherwise (U+2028, U+2029, the bidirectional
/// controls of CVE-2021-42574, tags and some more: docs/protocol.md has the list) byte for byte as
/// \xhh, a backslash as \\. Without a newline.
void append_text(std::string& out, std::string_view message);

/// Turns what append_text wrote back into the message's bytes. Throws std::invalid_argument on
/// text that append_text cannot have written.
std::string unescape_text(std::string_view text);

/// `time` in milliseconds since 1970, UTC.
void append_json(std::string& out, std::string_view message, std::string_view from,
                 std::int64_t time_ms);

/// The whole record, newline included, in the format `show`.
void append_record(std::string& out, Show show, std::string_view message, std::string_view from,
                   std::int64_t time_ms);

}  // namespace roger
