// What a server can answer: docs/protocol.md lists it. A client, or a load tester's, knows some of
// it of every server's.
#pragma once

#include "roger/answer.hpp"
#include "roger/timeout.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace roger {

/// In bytes, with the line ending. A longer line is no answer.
inline constexpr std::size_t longest_answer = 64 * 1024;

// Reasons: what follows refusal_prefix in a refusal.
inline constexpr std::string_view busy_reason = "busy";
inline constexpr std::string_view shutting_down_reason = "shutting down";
inline constexpr std::string_view cannot_display_reason = "cannot display";
inline constexpr std::string_view cannot_store_reason = "cannot store";
/// Of a handler's, where it has more different ones than are sent.
inline constexpr std::string_view other_reason = "refused";
/// A number of bytes is between the two.
inline constexpr std::string_view too_long_prefix = "message longer than ";
inline constexpr std::string_view too_long_suffix = " bytes";

std::string too_long_reason(std::size_t max_message);
std::string message_timeout_reason(Timeout message_timeout);
std::string idle_timeout_reason(Timeout idle_timeout);

/// The line of a refusal, without its end.
std::string refusal(std::string_view reason);

}  // namespace roger
