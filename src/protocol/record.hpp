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
    json,  ///< one object: time, from, message (or message_base64)
};

/// `time` in milliseconds since 1970, UTC.
void append_json(std::string& out, std::string_view message, std::string_view from,
                 std::int64_t time_ms);

/// The whole record, newline included, in the format `show`.
void append_record(std::string& out, Show show, std::string_view message, std::string_view from,
                   std::int64_t time_ms);

}  // namespace roger
