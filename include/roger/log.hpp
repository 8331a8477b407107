// How the library tells its program what happens: it writes nowhere itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace roger {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// Called from every event loop, so it must be safe to call from several threads at once and must
/// not block. One call, one sentence without a newline.
using Log = std::function<void(LogLevel, std::string_view)>;

}  // namespace roger
