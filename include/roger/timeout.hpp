// How long a wait may last.
#pragma once

#include <chrono>
#include <optional>

namespace roger {

/// Milliseconds, or nothing for a wait without an end (written `none`).
using Timeout = std::optional<std::chrono::milliseconds>;

}  // namespace roger
