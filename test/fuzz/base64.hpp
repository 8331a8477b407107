// Base64 as RFC 4648 section 4 has it, by other code than ours.
#pragma once

#include "fuzz/demand.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace roger::test {

/// Demands that it is strict: whole groups, no other characters, zeros in the bits that are left.
inline std::string decode_base64(std::string_view text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr auto values = [digits] {
        std::array<std::uint8_t, 256> result{};
        result.fill(digits.size());
        for (std::size_t value = 0; value != digits.size(); ++value) {
            result[static_cast<unsigned char>(digits[value])] = static_cast<std::uint8_t>(value);
        }
        return result;
    }();
    demand(text.size() % 4 == 0, "base64 comes in groups of four");
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned have = 0;
    std::string_view const payload = text.substr(0, text.find('='));
    demand(text.size() - payload.size() <= 2, "base64 has at most two '='");
    for (char const c : payload) {
        std::uint32_t const digit = values[static_cast<unsigned char>(c)];
        demand(digit != digits.size(), "base64 has only its own digits");
        bits = bits << 6U | digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            bytes += static_cast<char>(bits >> have & 0xffU);
        }
    }
    demand((bits & ((1U << have) - 1U)) == 0, "base64 ends in zero bits");
    return bytes;
}

}  // namespace roger::test
