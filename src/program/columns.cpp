// Counting columns.
#include "program/columns.hpp"

#include "protocol/utf8.hpp"

#include <algorithm>
#include <limits>

namespace roger {

namespace {

struct TextExtent {
    std::size_t bytes;
    std::size_t columns;
};

/// A byte that is no UTF-8 counts as a character.
TextExtent first_character(std::string_view text) {
    CodePoint const first = first_code_point(text);
    // Where scripts with wide characters begin; some there are narrow.
    constexpr char32_t first_wide = 0x1100;
    constexpr char32_t punctuation = 0x2000;
    constexpr char32_t after_punctuation = 0x2e80;
    bool const narrow =
        first.value < first_wide || (first.value >= punctuation && first.value < after_punctuation);
    return {std::max<std::size_t>(first.size, 1), narrow ? std::size_t{1} : 2};
}

/// As much of the beginning of a text as fits.
TextExtent fitting(std::string_view text, std::size_t columns) {
    TextExtent taken{0, 0};
    while (taken.bytes < text.size()) {
        auto const [bytes, width] = first_character(text.substr(taken.bytes));
        if (width > columns - taken.columns) {
            break;
        }
        taken.bytes += bytes;
        taken.columns += width;
    }
    return taken;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    return fitting(text, std::numeric_limits<std::size_t>::max()).columns;
}

std::size_t size_of_columns(std::string_view text, std::size_t columns) {
    return fitting(text, columns).bytes;
}

std::string cut_to_columns(std::string text, std::size_t columns) {
    if (size_of_columns(text, columns) < text.size()) {
        text.resize(size_of_columns(text, std::max<std::size_t>(columns, 1) - 1));
        text += "…";
    }
    return text;
}

}  // namespace roger
