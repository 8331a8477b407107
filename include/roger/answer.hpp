// A server's answer to a message.
#pragma once

#include <string>
#include <string_view>

namespace roger {

/// What a server answers, unless it is given another text, when it has taken a message.
inline constexpr std::string_view default_ack = "I got your message";

/// An answer that begins so is no acknowledgement.
inline constexpr std::string_view refusal_prefix = "error: ";

inline bool is_refusal(std::string_view answer) {
    return answer.starts_with(refusal_prefix);
}

struct Answer {
    std::string text;  ///< without the line ending
    /// The server took the message: its answer is not a refusal.
    [[nodiscard]] bool acknowledged() const { return !is_refusal(text); }
};

}  // namespace roger
