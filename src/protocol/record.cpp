// How a message is written out.
#include "protocol/record.hpp"

#include "protocol/append_bytes.hpp"
#include "protocol/escaped.hpp"
#include "protocol/utf8.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace roger {

namespace {

void append_base64(std::string& out, std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::string_view const group = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i != 3; ++i) {
            bits = bits << 8U | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        }
        for (std::size_t i = 0; i != 4; ++i) {
            out += i <= group.size() ? digits[bits >> (18U - 6U * i) & 0x3fU] : '=';
        }
    }
}

/// Stands in a JSON string verbatim.
constexpr bool is_plain_in_json(char c) {
    return c >= ' ' && c <= '~' && c != '\\' && c != '"';
}

/// Only ASCII comes out, so that a record is safe on a terminal in this format too. What is no
/// UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text) {
    // As nearly every text is, and several times as fast.
    if (std::ranges::all_of(text, is_plain_in_json)) {
        out += '"';
        append_bytes(out, text);
        out += '"';
        return;
    }
    constexpr bool ensure_ascii = true;
    out +=
        nlohmann::json(text).dump(-1, ' ', ensure_ascii, nlohmann::json::error_handler_t::replace);
}

/// RFC 3339: 2026-11-22T12:25:08.123Z
void append_time(std::string& out, std::int64_t time_ms) {
    std::chrono::sys_time<std::chrono::milliseconds> const time{std::chrono::milliseconds(time_ms)};
    auto const midnight = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(midnight);
    std::chrono::hh_mm_ss const clock(time - midnight);
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                   static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                   static_cast<unsigned>(date.day()), clock.hours().count(),
                   clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace

void append_json(std::string& out, std::string_view message, Origin const& origin) {
    out += R"({"time":")";
    append_time(out, origin.time_ms);
    out += '"';
    if (!origin.server.empty()) {
        out += R"(,"server":)";
        append_json_string(out, origin.server);
    }
    out += R"(,"from":)";
    append_json_string(out, origin.from);
    if (is_utf8(message)) {
        out += R"(,"message":)";
        append_json_string(out, message);
        out += '}';
    } else {
        out += R"(,"message_base64":")";
        append_base64(out, message);
        out += R"("})";
    }
}

void append_record(std::string& out, Show show, std::string_view message, Origin const& origin) {
    switch (show) {
        case Show::text:
            append_escaped(out, message);
            break;
        case Show::raw:
            append_bytes(out, message);
            break;
        case Show::json:
            append_json(out, message, origin);
            break;
    }
    out += '\n';
}

std::size_t longest_record(Show show, std::size_t message_bytes) {
    constexpr std::size_t json_overhead = 128;  // the names of its members, and the time
    switch (show) {
        case Show::text:
            return 4 * message_bytes + 1;  // \xHH
        case Show::raw:
            return message_bytes + 1;
        case Show::json:
            return 6 * message_bytes + json_overhead;  // \u0001
    }
    return 0;
}

}  // namespace roger
