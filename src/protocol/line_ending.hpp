// What ends a line: a newline, or a carriage return and a newline.
#pragma once

#include <string_view>

namespace roger {

/// Of a line whose newline was taken off: without the carriage return that belonged to it.
inline std::string_view without_return(std::string_view line) {
    return line.substr(0, line.size() - (line.ends_with('\r') ? 1 : 0));
}

/// The text without the line ending at its end, if there is one.
inline std::string_view without_line_ending(std::string_view text) {
    return text.ends_with('\n') ? without_return(text.substr(0, text.size() - 1)) : text;
}

/// The line ending to send after `message`, so that without_line_ending() gives all of it back: a
/// bare newline would take a carriage return at the end of the message with it.
inline std::string_view line_ending_after(std::string_view message) {
    return message.ends_with('\r') ? "\r\n" : "\n";
}

}  // namespace roger
