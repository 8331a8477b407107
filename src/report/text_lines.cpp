// Cutting and wrapping.
#include "report/text_lines.hpp"

#include "program/columns.hpp"
#include "report/report_text.hpp"

#include <string_view>
#include <utility>

namespace roger {

std::string cut(std::string text) {
    return cut_to_columns(std::move(text), report_columns);
}

TextLines wrap(std::string text, std::size_t most) {
    constexpr std::string_view indent = "  ";
    TextLines lines;
    while (lines.size() + 1 < most && size_of_columns(text, report_columns) < text.size()) {
        std::size_t const room = size_of_columns(text, report_columns);
        std::size_t const space = text.rfind(' ', room);
        if (space == text.npos || space < indent.size()) {
            break;
        }
        lines.push_back(text.substr(0, space));
        text.replace(0, space + 1, indent);
    }
    lines.push_back(cut(text));
    return lines;
}

void append(TextLines& lines, TextLines const& more) {
    lines.insert(lines.end(), more.begin(), more.end());
}

}  // namespace roger
