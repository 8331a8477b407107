// A message's record: one line, safe, and all of the message.
#include "protocol/record.hpp"

#include "fuzz/record_property.hpp"
#include "protocol/escaped.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::string_view_literals;

namespace roger {

namespace {

constexpr std::string_view from = "tcp:127.0.0.1:40312";
constexpr std::int64_t time_ms = 1'795'350'308'123;

std::string text_of(std::string_view message) {
    std::string text;
    append_escaped(text, message);
    return text;
}

std::string utf8(char32_t c) {
    auto const rest = [c](unsigned shift) {
        return static_cast<char>(0x80U | (c >> shift & 0x3fU));
    };
    if (c < 0x800) {
        return {static_cast<char>(0xc0U | c >> 6U), rest(0)};
    }
    if (c < 0x10000) {
        return {static_cast<char>(0xe0U | c >> 12U), rest(6), rest(0)};
    }
    return {static_cast<char>(0xf0U | c >> 18U), rest(12), rest(6), rest(0)};
}

/// Each byte as an escape.
std::string bytes_of(std::string_view message) {
    std::string bytes;
    for (char const c : message) {
        bytes += fmt::format(R"(\x{:02x})", static_cast<unsigned char>(c));
    }
    return bytes;
}

std::string record_of(Show show, std::string_view message) {
    std::string record;
    append_record(record, show, message, {.server = {}, .from = from, .time_ms = time_ms});
    return record;
}

std::string json_at(std::int64_t time) {
    std::string record;
    append_json(record, "", {.server = {}, .from = "", .time_ms = time});
    return record;
}

struct Shown {
    std::string_view message;
    std::string_view text;
};

}  // namespace

TEST_CASE("Printable text is shown verbatim", "[record][protocol]") {
    for (std::string_view const message :
         {""sv, "a line like any other"sv, R"( "quoted" 'twice' ~ )"sv, "Grüße, Жуков, 東京"sv,
          "\U0001f600 and \u00a0 no-break"sv, "\u0300\U0010ffff"sv}) {
        CHECK(text_of(message) == message);
    }
}

TEST_CASE("What could move a cursor, end a line or turn it around is shown by its bytes",
          "[record][protocol][sweep]") {
    for (Shown const& shown : {
             Shown{"\x1b[2Jgone", R"(\x1b[2Jgone)"},
             {"one\rtwo", R"(one\x0dtwo)"},
             {"one\ntwo", R"(one\x0atwo)"},
             {"tab\tbed", R"(tab\x09bed)"},
             {"\0"sv, R"(\x00)"},
             {"\x7f", R"(\x7f)"},
             {"\u0080\u009b\u009f", R"(\xc2\x80\xc2\x9b\xc2\x9f)"},
             {"a\\b", R"(a\\b)"},
             {R"(\x1b)", R"(\\x1b)"},
         }) {
        CHECK(text_of(shown.message) == shown.text);
    }
}

TEST_CASE("Of all of Unicode, what could end or disguise a line is shown by its bytes",
          "[record][protocol][sweep]") {
    using Range = std::pair<char32_t, char32_t>;
    constexpr std::array<Range, 8> controls = {{{0x80, 0x9f},
                                                {0x61c, 0x61c},
                                                {0x200e, 0x200f},
                                                {0x2028, 0x202e},
                                                {0x2066, 0x206f},
                                                {0xfeff, 0xfeff},
                                                {0xfff9, 0xfffb},
                                                {0xe0000, 0xe007f}}};
    std::vector<std::uint32_t> wrong;
    for (char32_t c = 0x80; c <= 0x10ffff; ++c) {
        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        std::string const message = utf8(c);
        bool const control = std::ranges::any_of(
            controls, [c](Range const& range) { return c >= range.first && c <= range.second; });
        if (text_of(message) != (control ? bytes_of(message) : message)) {
            wrong.push_back(c);
        }
        test::check_text(message);
    }
    CHECK(wrong.empty());
}

TEST_CASE("What is invisible, and needed to write a language, is shown verbatim",
          "[record][protocol]") {
    for (std::string_view const message :
         {"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"sv,  // Persian
          "\U0001f468\u200d\U0001f469"sv, "\u2764\ufe0f"sv,      // emoji
          "\u1780\u200b\u1781"sv,                                // Khmer
          "\u1820\u180e\u1820"sv}) {                             // Mongolian
        CHECK(text_of(message) == message);
    }
}

TEST_CASE("What is no UTF-8 is shown by its bytes", "[record][protocol]") {
    for (Shown const& shown : {
             Shown{"\x9b", R"(\x9b)"},
             {"a\xffz", R"(a\xffz)"},
             {"\xc0\x80", R"(\xc0\x80)"},
             {"\xc1\xbf", R"(\xc1\xbf)"},
             {"\xe0\x9f\xbf", R"(\xe0\x9f\xbf)"},
             {"\xf0\x8f\xbf\xbf", R"(\xf0\x8f\xbf\xbf)"},
             {"\xed\xa0\x80", R"(\xed\xa0\x80)"},
             {"\xed\xbf\xbf", R"(\xed\xbf\xbf)"},
             {"\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)"},
             {"\xf8\x88\x80\x80\x80", R"(\xf8\x88\x80\x80\x80)"},
             {"\xe2\x82", R"(\xe2\x82)"},
             {"\xe2\x82z", R"(\xe2\x82z)"},
             {"\xc3\xc3\xa9", "\\xc3\u00e9"},
         }) {
        CHECK(text_of(shown.message) == shown.text);
    }
}

TEST_CASE("P2: no message forges a second record", "[record][protocol]") {
    for (std::string_view const message :
         {"one\nforged"sv, "one\r\nforged"sv, "one\vforged"sv, "one\fforged"sv, "one\u0085forged"sv,
          "one\u2028forged"sv, R"(one","from":"forged)"sv, R"(one"}
{"message":"forged"})"sv,
          R"(one\)"sv}) {
        std::string const text = record_of(Show::text, message);
        CHECK(text.find_first_of("\n\r\v\f") == text.size() - 1);
        CHECK(unescape(std::string_view(text).substr(0, text.size() - 1)) == message);
        test::check_json(message, from, time_ms);
    }
}

TEST_CASE("Each byte, and each pair of bytes, has its own safe record",
          "[record][protocol][sweep]") {
    for (unsigned first = 0; first != 256; ++first) {
        test::check_record(std::string(1, static_cast<char>(first)));
        for (unsigned second = 0; second != 256; ++second) {
            test::check_record(std::string{static_cast<char>(first), static_cast<char>(second)});
        }
    }
    SUCCEED("no violation");
}

TEST_CASE("So have the neighbours of every boundary in UTF-8", "[record][protocol][sweep]") {
    constexpr std::string_view bytes =
        "\0\x1f\x20\\\x7e\x7f\x80\x8f\x90\x9b\x9f\xa0\xa8\xae\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xe2\xec"
        "\xed\xee"
        "\xef\xf0\xf1\xf3\xf4\xf5\xff"sv;
    for (char const a : bytes) {
        for (char const b : bytes) {
            for (char const c : bytes) {
                test::check_text(std::string{a, b, c});
                test::check_text(std::string{'\xf0', a, b, c});
                test::check_text(std::string{'\xf4', a, b, c});
            }
        }
    }
    SUCCEED("no violation");
}

TEST_CASE("So have random bytes of any length", "[record][protocol]") {
    for (unsigned const seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        for (int i = 0; i != 300; ++i) {
            std::string message(random() % 1000, ' ');
            for (char& c : message) {
                c = static_cast<char>(random() % (i % 3 == 0 ? 256 : 128));
            }
            test::check_record(message);
        }
    }
    SUCCEED("no violation");
}

TEST_CASE("Each byte is escaped by itself, wherever it stands in a long text",
          "[record][protocol]") {
    for (unsigned byte = 0; byte != 256; ++byte) {
        auto const c = static_cast<char>(byte);
        bool const plain = byte >= 0x20 && byte <= 0x7e && c != '\\';
        std::string const alone = plain       ? std::string(1, c)
                                  : c == '\\' ? R"(\\)"
                                              : bytes_of({&c, 1});
        for (std::size_t before = 0; before != 40; ++before) {
            for (std::size_t const behind : {0U, 1U, 7U, 8U, 20U}) {
                std::string message(before, '~');
                std::string expected = message + alone;
                message += c;
                message.append(behind, ' ');
                expected.append(behind, ' ');
                if (text_of(message) != expected) {
                    FAIL(expected << " is " << text_of(message));
                }
            }
        }
    }
    SUCCEED("no difference");
}

TEST_CASE("What is escaped already is not escaped once more", "[record][protocol]") {
    CHECK(escaped_once(R"(\x1b[2J\\ Grüße)") == R"(\x1b[2J\\ Grüße)");
    CHECK(escaped_once("\x1b[2J") == R"(\x1b[2J)");
    CHECK(escaped_once(R"(C:\out)") == R"(C:\\out)");
    CHECK(escaped_once("").empty());
}

TEST_CASE("Only what append_escaped writes is unescaped", "[record][protocol]") {
    CHECK(unescape(R"(\x1b[2J\\\xff)") == "\x1b[2J\\\xff");
    for (std::string_view const text :
         {R"(\)"sv, R"(a\)"sv, R"(\x)"sv, R"(\x1)"sv, R"(\x1g)"sv, R"(\n)"sv, R"(\x1B)"sv,
          R"(\x41)"sv, R"(\x5c)"sv, R"(\xc3\xa9)"sv, "\x1b"sv, "\n"sv, "\xff"sv, "\u009b"sv,
          R"(\xc2)"
          "\x9b"sv}) {
        CAPTURE(text);
        CHECK_THROWS_AS(unescape(text), std::invalid_argument);
    }
}

TEST_CASE("A record has the form that was asked for", "[record][protocol]") {
    CHECK(record_of(Show::text, "caf\u00e9\t\xff") == "caf\u00e9\\x09\\xff\n");
    CHECK(record_of(Show::raw, "caf\u00e9\t\xff") == "caf\u00e9\t\xff\n");
    CHECK(record_of(Show::raw, "a datagram's\nlines") == "a datagram's\nlines\n");
    CHECK(record_of(Show::json, "caf\u00e9\t\"") ==
          R"({"time":"2026-11-22T12:25:08.123Z","from":"tcp:127.0.0.1:40312",)"
          R"("message":"caf\u00e9\t\""})"
          "\n");
    CHECK(record_of(Show::json, "caf\xe9") ==
          R"({"time":"2026-11-22T12:25:08.123Z","from":"tcp:127.0.0.1:40312",)"
          R"("message_base64":"Y2Fm6Q=="})"
          "\n");
}

TEST_CASE("Base64 is padded as RFC 4648 has it", "[record][protocol]") {
    for (Shown const& shown : {Shown{"\xff", R"("/w==")"},
                               {"\xff\xfe", R"("//4=")"},
                               {"\xff\xfe\xfd", R"("//79")"},
                               {"foobar\xff", R"("Zm9vYmFy/w==")"}}) {
        CHECK(record_of(Show::json, shown.message).find(shown.text) != std::string::npos);
    }
}

TEST_CASE("A sender whose name is no UTF-8 leaves the record json", "[record][protocol]") {
    std::string record;
    append_json(record, "hello", {.server = {}, .from = "unix:/tmp/\xff\n", .time_ms = time_ms});
    CHECK(nlohmann::json::parse(record).at("from") == "unix:/tmp/\ufffd\n");
}

TEST_CASE("A record's time is RFC 3339 with milliseconds", "[record][protocol]") {
    CHECK(json_at(0) == R"({"time":"1970-01-01T00:00:00.000Z","from":"","message":""})");
    CHECK(json_at(951'782'399'999).starts_with(R"({"time":"2000-02-28T23:59:59.999Z")"));
    CHECK(json_at(951'782'400'000).starts_with(R"({"time":"2000-02-29T00:00:00.000Z")"));
    CHECK(json_at(253'402'300'799'999).starts_with(R"({"time":"9999-12-31T23:59:59.999Z")"));
    CHECK(json_at(-1).starts_with(R"({"time":"1969-12-31T23:59:59.999Z")"));
}

TEST_CASE("Records follow one another in one string", "[record][protocol]") {
    std::string records;
    append_record(records, Show::text, "one", {});
    append_record(records, Show::raw, "two", {});
    append_record(records, Show::text, "", {});
    CHECK(records == "one\ntwo\n\n");
}

}  // namespace roger
