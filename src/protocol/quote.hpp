// A user's words inside a sentence for the user.
#pragma once

#include "protocol/escaped.hpp"

#include <string>
#include <string_view>

namespace roger {

/// `text` in quotes, safe on a terminal whatever it holds.
inline std::string quote(std::string_view text) {
    std::string out = "'";
    append_escaped(out, text);
    out += '\'';
    return out;
}

}  // namespace roger
