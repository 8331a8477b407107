// What a client, or a load tester's, knows of every server's answers. docs/protocol.md lists them.
#pragma once

#include "roger/answer.hpp"

#include <cstddef>
#include <string_view>

namespace roger {

/// In bytes, with the line ending. A longer line is no answer.
inline constexpr std::size_t longest_answer = 64 * 1024;

inline constexpr std::string_view busy_refusal = "error: busy";
inline constexpr std::string_view shutting_down_refusal = "error: shutting down";
inline constexpr std::string_view cannot_display_refusal = "error: cannot display";
inline constexpr std::string_view cannot_store_refusal = "error: cannot store";
/// A number of bytes is between the two.
inline constexpr std::string_view too_long_prefix = "error: message longer than ";
inline constexpr std::string_view too_long_suffix = " bytes";

}  // namespace roger
