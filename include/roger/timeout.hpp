// How long a wait may last.
#pragma once

#include <chrono>
#include <optional>

namespace roger {

/// Milliseconds; `std::nullopt`, which options write `none`: no limit.
using Timeout = std::optional<std::chrono::milliseconds>;

}  // namespace roger
