// A server's answer to a message.
#pragma once

#include <string>

namespace roger {

struct Answer {
    std::string text;  ///< without the line ending
    /// The server took the message: its answer is not a refusal (`error: ...`).
    [[nodiscard]] bool acknowledged() const { return !text.starts_with("error: "); }
};

}  // namespace roger
