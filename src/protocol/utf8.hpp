// UTF-8, strictly: no overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace roger {

struct CodePoint {
    char32_t value;
    std::size_t size;  ///< in bytes; 0: the text begins with no valid UTF-8
};

/// The first code point of `text`, which is not empty.
constexpr CodePoint first_code_point(std::string_view text) {
    constexpr CodePoint invalid{0, 0};
    constexpr std::array<char32_t, 5> smallest_of_size{0, 0, 0x80, 0x800, 0x10000};

    auto const lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) {
        return {lead, 1};
    }
    std::size_t const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc0 || lead >= 0xf8 || text.size() < size) {
        return invalid;
    }
    char32_t value = lead & (0x7fU >> size);
    for (char const next : text.substr(1, size - 1)) {
        auto const byte = static_cast<unsigned char>(next);
        if ((byte & 0xc0U) != 0x80) {
            return invalid;
        }
        value = value << 6U | (byte & 0x3fU);
    }
    bool const surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < smallest_of_size[size] || surrogate || value > 0x10ffff) {
        return invalid;
    }
    return {value, size};
}

constexpr bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        std::size_t const size = first_code_point(text).size;
        if (size == 0) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace roger
