// What a client, or a load tester's, knows of every server's answers.
#pragma once

#include <cstddef>
#include <string_view>

namespace roger {

/// An answer that begins so is no acknowledgement.
inline constexpr std::string_view refusal_begins = "error: ";

/// In bytes. A longer line is no answer.
inline constexpr std::size_t longest_answer = 64 * 1024;

}  // namespace roger
