// Copying to the end of a string.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roger {

/// As out += bytes, in pieces: from some kilobytes on, memcpy() is `rep movsb` with glibc before
/// 2.39, and that is 17 times slower on AMD's Zen 3 where it is not aligned
/// (https://lunnova.dev/articles/ryzen-slow-short-rep-mov/).
inline void append_bytes(std::string& out, std::string_view bytes) {
    // Volatile, so that the compiler does not know it: where it knows that a copy is short, GCC
    // makes an inline `rep movsq` of it, which takes six times as long as memcpy() for 24 bytes.
    static std::size_t const volatile piece_size = 1024;
    for (; bytes.size() > piece_size; bytes.remove_prefix(piece_size)) {
        out += bytes.substr(0, piece_size);
    }
    out += bytes;
}

}  // namespace roger
