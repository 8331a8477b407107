// Durations as options and refusals have them.
#pragma once

#include "support/deadline.hpp"

#include <string>

namespace roger::test {

inline std::string in_ms(Duration duration) {
    return std::to_string(duration.count()) + "ms";
}

}  // namespace roger::test
