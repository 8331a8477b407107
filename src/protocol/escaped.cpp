// Escaping for terminals, and back.
#include "protocol/escaped.hpp"

#include "protocol/append_bytes.hpp"
#include "protocol/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace roger {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Stands in escaped text verbatim.
constexpr bool is_plain(char c) {
    return c >= ' ' && c <= '~' && c != '\\';
}

/// What does something to the text around it: moves the cursor, ends a line, shows text in another
/// order or another form than it is in, or hides it.
///
/// What is merely invisible stays: Persian and the scripts of India cannot do without the joiners
/// U+200C and U+200D, Khmer and Thai without the zero width space U+200B, Mongolian without U+180E,
/// emoji without joiners and variation selectors. Nor does a noncharacter harm: a terminal shows
/// something instead of it.
constexpr bool is_control(char32_t c) {
    struct Range {
        char32_t first;
        char32_t last;
    };
    constexpr std::array<Range, 9> controls = {{
        {0x00, 0x1f},        // C0
        {0x7f, 0x9f},        // DEL, C1
        {0x061c, 0x061c},    // Bidi_Control, here and below
        {0x200e, 0x200f},    //
        {0x2028, 0x202e},    // line and paragraph separator, Bidi_Control
        {0x2066, 0x206f},    // Bidi_Control, and deprecated switches of digits' and letters' shapes
        {0xfeff, 0xfeff},    // a byte order mark, if it stands where a reader begins
        {0xfff9, 0xfffb},    // around what annotates other text, and is not shown with it
        {0xe0000, 0xe007f},  // tags: a second, invisible ASCII
    }};
    return std::ranges::any_of(
        controls, [c](Range const& range) { return c >= range.first && c <= range.last; });
}

/// Whether `Blocks` times `Size` bytes are plain, looked at together: a vector extension of GCC and
/// Clang.
template <std::size_t Size, std::size_t Blocks = 1>
bool all_plain(char const* text) {
    using Block [[gnu::vector_size(Size)]] = signed char;
    Block special{};
    for (std::size_t i = 0; i != Blocks; ++i) {
        Block block;
        std::memcpy(&block, text + i * Size, Size);
        special |= (block < ' ') | (block == '\x7f') | (block == '\\');
    }
    std::array<std::uint64_t, Size / 8> words;
    std::memcpy(words.data(), &special, Size);
    return std::ranges::all_of(words, [](std::uint64_t word) { return word == 0; });
}

/// How many bytes at the start of `text` are plain.
std::size_t plain_size(std::string_view text) {
    std::size_t size = 0;
    // Where much is special, to look at more at once is in vain.
    if (text.size() >= 16 && all_plain<16>(text.data() + size)) {
        size = 16;
        while (text.size() - size >= 128 && all_plain<16, 8>(text.data() + size)) {
            size += 128;
        }
    }
    while (text.size() - size >= 16 && all_plain<16>(text.data() + size)) {
        size += 16;
    }
    if (text.size() - size >= 8 && all_plain<8>(text.data() + size)) {
        size += 8;
    }
    while (size != text.size() && is_plain(text[size])) {
        ++size;
    }
    return size;
}

/// Appends the first code point of `text`, or the first byte if that is no UTF-8, in a printable
/// form. Returns how many bytes of `text` that was.
std::size_t append_special(std::string& out, std::string_view text) {
    if (text.front() == '\\') {
        out += "\\\\";
        return 1;
    }
    CodePoint const first = first_code_point(text);
    std::size_t const size = std::max<std::size_t>(first.size, 1);
    if (first.size != 0 && !is_control(first.value)) {
        out += text.substr(0, size);
        return size;
    }
    for (char const c : text.substr(0, size)) {
        auto const byte = static_cast<unsigned char>(c);
        out += {'\\', 'x', hex_digits[byte / 16U], hex_digits[byte % 16U]};
    }
    return size;
}

/// The byte that the escape at the start of `text` stands for. The escape is taken off.
/// Throws std::invalid_argument.
char take_escape(std::string_view& text) {
    if (text.starts_with("\\\\")) {
        text.remove_prefix(2);
        return '\\';
    }
    std::size_t const high = text.size() < 4 ? text.npos : hex_digits.find(text[2]);
    std::size_t const low = text.size() < 4 ? text.npos : hex_digits.find(text[3]);
    if (!text.starts_with("\\x") || high == text.npos || low == text.npos) {
        throw std::invalid_argument("a backslash stands neither before 'xhh' nor before another");
    }
    text.remove_prefix(4);
    return static_cast<char>(high * 16 + low);
}

}  // namespace

void append_escaped(std::string& out, std::string_view message) {
    while (true) {
        std::size_t const plain = plain_size(message);
        append_bytes(out, message.substr(0, plain));
        message.remove_prefix(plain);
        if (message.empty()) {
            return;
        }
        message.remove_prefix(append_special(out, message));
    }
}

std::string unescape(std::string_view text) {
    std::string message;
    for (std::string_view rest = text; !rest.empty();) {
        std::size_t const plain = std::min(rest.find('\\'), rest.size());
        message += rest.substr(0, plain);
        rest.remove_prefix(plain);
        if (!rest.empty()) {
            message += take_escape(rest);
        }
    }
    std::string again;
    append_escaped(again, message);
    if (again != text) {
        throw std::invalid_argument("something is escaped that need not be, or the reverse");
    }
    return message;
}

std::string escaped(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
}

std::string escaped_once(std::string_view text) {
    try {
        unescape(text);
        return std::string(text);
    } catch (std::invalid_argument const&) {
        return escaped(text);
    }
}

}  // namespace roger
