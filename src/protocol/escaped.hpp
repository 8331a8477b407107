// Somebody else's text, to be shown on a terminal.
#pragma once

#include "protocol/record.hpp"

#include <string>
#include <string_view>

namespace roger {

/// As append_text() writes it: safe whatever it holds.
inline std::string escaped(std::string_view text) {
    std::string out;
    append_text(out, text);
    return out;
}

}  // namespace roger
