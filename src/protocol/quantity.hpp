// Times and sizes as people write them: 30s, 64KiB, none.
#pragma once

#include "roger/timeout.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace roger {

/// A whole number and one of ms, s, min, h; or `none`. Throws std::invalid_argument with a
/// sentence that names the text, what is wrong (a unit is missing, say) and what would be right.
Timeout parse_timeout(std::string_view text);

/// The same, but may be zero, and not `none`. Throws like parse_timeout.
std::chrono::milliseconds parse_time(std::string_view text);

/// A whole number and one of B, KiB, MiB. Throws like parse_timeout.
std::size_t parse_size(std::string_view text);

/// In the largest unit that divides it: 90s, 5min, 1500ms; `none`.
std::string to_string(Timeout timeout);

/// In the largest unit that divides it: 64KiB, 1000B.
std::string size_to_string(std::size_t bytes);

}  // namespace roger
