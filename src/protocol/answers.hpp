// What a client knows of every server's answers.
#pragma once

#include <cstddef>
#include <string_view>

namespace roger {

/// An answer that begins so is no acknowledgement.
inline constexpr std::string_view refusal_begins = "error: ";

/// In bytes. Who says more is no server of ours.
inline constexpr std::size_t longest_answer = 64 * 1024;

}  // namespace roger
