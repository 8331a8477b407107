// Escaping, cutting and wrapping.
#include "report/text_lines.hpp"

#include "protocol/escaped.hpp"
#include "protocol/utf8.hpp"
#include "report/report_text.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace roger {

namespace {

/// How many bytes at the beginning of valid UTF-8 take up at most so many columns.
std::size_t size_of_columns(std::string_view text, std::size_t columns) {
    std::size_t size = 0;
    while (size < text.size()) {
        CodePoint const next = first_code_point(text.substr(size));
        // Where scripts with wide characters begin; some there are narrow.
        constexpr char32_t first_wide = 0x1100;
        constexpr char32_t punctuation = 0x2000;
        constexpr char32_t after_punctuation = 0x2e80;
        bool const narrow = next.value < first_wide ||
                            (next.value >= punctuation && next.value < after_punctuation);
        std::size_t const width = narrow ? 1 : 2;
        if (width > columns) {
            break;
        }
        columns -= width;
        size += std::max<std::size_t>(next.size, 1);
    }
    return size;
}

}  // namespace

std::string safe(std::string const& text) {
    try {
        unescape(text);
        return text;
    } catch (std::invalid_argument const&) {
        return escaped(text);
    }
}

std::string cut(std::string text) {
    if (size_of_columns(text, report_columns) < text.size()) {
        text.resize(size_of_columns(text, report_columns - 1));
        text += "…";
    }
    return text;
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
