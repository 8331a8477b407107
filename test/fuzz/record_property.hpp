// What holds of every message's record: for the fuzzer and for the tests.
#pragma once

#include "fuzz/base64.hpp"
#include "fuzz/demand.hpp"
#include "protocol/escaped.hpp"
#include "protocol/record.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace roger::test {

/// By other code than ours: it leaves out what is not.
inline bool is_strict_utf8(std::string_view text) {
    std::string const valid =
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore);
    return nlohmann::json::parse(valid).get_ref<std::string const&>() == text;
}

inline bool is_printable_ascii(char c) {
    return c >= ' ' && c <= '~';
}

/// `text` is UTF-8 and begins with what separates, turns around, reshapes or hides text.
inline bool disguises(std::string_view text) {
    struct Range {
        std::string_view lead;
        char first;
        char last;
    };
    constexpr std::array<Range, 8> ranges = {{
        {"\xd8", '\x9c', '\x9c'},          // U+061C
        {"\xe2\x80", '\x8e', '\x8f'},      // U+200E, U+200F
        {"\xe2\x80", '\xa8', '\xae'},      // U+2028 to U+202E
        {"\xe2\x81", '\xa6', '\xaf'},      // U+2066 to U+206F
        {"\xef\xbb", '\xbf', '\xbf'},      // U+FEFF
        {"\xef\xbf", '\xb9', '\xbb'},      // U+FFF9 to U+FFFB
        {"\xf3\xa0\x80", '\x80', '\xbf'},  // U+E0000 to U+E003F
        {"\xf3\xa0\x81", '\x80', '\xbf'},  // U+E0040 to U+E007F
    }};
    return std::ranges::any_of(ranges, [text](Range const& range) {
        return text.starts_with(range.lead) && text[range.lead.size()] >= range.first &&
               text[range.lead.size()] <= range.last;
    });
}

/// Neither a control character nor anything else that ends a line or disguises text.
inline void demand_safe_on_a_terminal(std::string_view text) {
    demand(is_strict_utf8(text), "a text record is UTF-8");
    for (std::size_t i = 0; i != text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[i]);
        demand(byte >= 0x20 && byte != 0x7f, "a text record has no control characters");
        demand(byte != 0xc2 || static_cast<unsigned char>(text[i + 1]) >= 0xa0, "and none of C1");
        demand(!disguises(text.substr(i)), "nothing in it ends a line or disguises text");
    }
}

inline void check_text(std::string_view message) {
    std::string text;
    append_escaped(text, message);
    demand_safe_on_a_terminal(text);
    demand(unescape(text) == message, "a text record turns back into its message");

    std::string record = "before";
    append_record(record, Show::text, message, {});
    demand(record == "before" + text + '\n', "a text record is the text and a newline");
}

inline void check_json(std::string_view message, std::string_view from, std::int64_t time_ms) {
    std::string record;
    append_record(record, Show::json, message, {.server = {}, .from = from, .time_ms = time_ms});
    demand(record.ends_with('\n'), "a json record ends in a newline");
    record.pop_back();
    demand(std::ranges::all_of(record, is_printable_ascii), "a json record is printable ASCII");

    nlohmann::json const object = nlohmann::json::parse(record);
    demand(object.size() == 3, "a json record has three members");
    demand(object.at("time").get<std::string>().size() == 24, "its time is in milliseconds");
    if (is_strict_utf8(from)) {
        demand(object.at("from").get<std::string>() == from, "it tells whom it is from");
    }
    if (is_strict_utf8(message)) {
        demand(object.at("message").get<std::string>() == message, "it has the exact message");
    } else {
        demand(decode_base64(object.at("message_base64").get<std::string>()) == message,
               "it has the exact bytes");
    }
}

/// Takes back exactly what append_escaped writes.
inline void check_unescape(std::string_view text) {
    std::string message;
    try {
        message = unescape(text);
    } catch (std::invalid_argument const&) {
        return;
    }
    std::string again;
    append_escaped(again, message);
    demand(again == text, "only what was escaped is unescaped");
}

/// The fuzzer's input: a message.
inline void check_record(std::string_view message) {
    check_text(message);
    check_json(message, message.substr(0, 8), 1'795'350'308'123);
    check_unescape(message);

    std::string record;
    append_record(record, Show::raw, message, {});
    demand(record == std::string(message) + '\n', "a raw record is the message and a newline");
}

}  // namespace roger::test
