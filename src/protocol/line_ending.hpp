// What ends a line: a newline, or a carriage return and a newline.
#pragma once

#include <string_view>

namespace roger {

/// The text without the line ending at its end, if there is one.
inline std::string_view without_line_ending(std::string_view text) {
    if (text.ends_with('\n')) {
        text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    }
    return text;
}

}  // namespace roger
