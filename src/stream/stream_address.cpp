// Reads nats://HOST,HOST/SUBJECT.
#include "stream/stream_address.hpp"

#include <asio/error_code.hpp>
#include <asio/ip/address_v6.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ranges>
#include <stdexcept>
#include <system_error>

namespace roger {

namespace {

/// The address is not shown: whatever is wrong with it, a part of it may be a password.
[[noreturn]] void reject(std::string_view fault) {
    throw std::invalid_argument(fmt::format("{}; write nats://HOST:PORT,HOST:PORT/SUBJECT", fault));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (auto const part : std::views::split(text, separator)) {
        parts.emplace_back(part.begin(), part.end());
    }
    return parts;
}

/// Whether a text can stand between two dots of a subject.
bool is_subject_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return c > ' ' && c <= '~' && c != '.' && c != '*' && c != '>' && c != '/';
    });
}

bool is_subject(std::string_view text) {
    return !text.empty() && text.back() != '.' &&
           std::ranges::all_of(split(text, '.'), is_subject_token);
}

void check_port(std::string_view digits) {
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
        reject("a port is not a number from 1 to 65535");
    }
}

bool is_host_name(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_';
    });
}

bool is_ipv6(std::string_view text) {
    asio::error_code error;
    asio::ip::make_address_v6(text, error);
    return !error;
}

/// HOST, HOST:PORT, or either with an IPv6 address in brackets for the host.
void check_host(std::string_view host) {
    std::size_t const bracket = host.find_last_of(']');
    std::size_t const colon = host.find(':', bracket == host.npos ? 0 : bracket);
    std::string_view const name = host.substr(0, colon);
    bool const has_brackets = name.find_first_of("[]") != name.npos;
    if (host.find('%') != host.npos || (!has_brackets && colon != host.rfind(':'))) {
        reject(
            "a host has a % or two colons: user and password end with an @ that is written as "
            "such, and an IPv6 address stands in brackets");
    }
    if (name.empty()) {
        reject("a host is missing");
    }
    if (has_brackets && !(name.starts_with('[') && name.ends_with(']') &&
                          is_ipv6(name.substr(1, name.size() - 2)))) {
        reject("what stands in brackets, as a host of its own, is to be an IPv6 address");
    }
    if (!has_brackets && !is_host_name(name)) {
        reject("a host has something else than letters, digits, '.', '-' and '_'");
    }
    if (colon != host.npos) {
        check_port(host.substr(colon + 1));
    }
}

/// RFC 3986 2.1. What is no %XX stands for itself.
std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at != text.size(); ++at) {
        unsigned char byte = 0;
        char const* const hex = text.data() + at + 1;
        if (text[at] == '%' && at + 2 < text.size() &&
            std::from_chars(hex, hex + 2, byte, 16).ptr == hex + 2) {
            decoded += static_cast<char>(byte);
            at += 2;
        } else {
            decoded += text[at];
        }
    }
    return decoded;
}

/// `given` stands before the first host, and holds for all of them.
void set_user(StreamAddress& address, std::string_view given) {
    std::size_t const colon = given.find(':');
    if (colon == given.npos) {
        address.token = percent_decoded(given);
        return;
    }
    address.user = percent_decoded(given.substr(0, colon));
    address.password = percent_decoded(given.substr(colon + 1));
}

}  // namespace

StreamAddress parse_stream_address(std::string_view text) {
    std::size_t const scheme_end = text.find("://");
    std::string_view const scheme = text.substr(0, std::min(scheme_end, text.size()));
    if (scheme_end == text.npos || (scheme != "nats" && scheme != "tls")) {
        reject("it begins with neither nats:// nor tls://");
    }
    std::string_view hosts = text.substr(scheme_end + 3);
    std::size_t const slash = hosts.find_last_of('/');
    if (slash == hosts.npos || !is_subject(hosts.substr(slash + 1))) {
        reject(
            "the subject is missing or not one: words of printable characters without * "
            "and >, with dots between them");
    }
    if (hosts.find_first_of("\"\\", slash) != hosts.npos) {
        // It writes JSON without escaping it: what is stored could not be looked for.
        reject(
            "the subject has a quotation mark or backslash, by which the NATS client library "
            "(3.4.1) cannot ask for it: choose a subject without");
    }
    StreamAddress address;
    address.tls = scheme == "tls";
    address.subject = hosts.substr(slash + 1);
    hosts = hosts.substr(0, slash);
    if (std::size_t const at = hosts.find_last_of('@'); at != hosts.npos) {
        std::string_view const user = hosts.substr(0, at);
        if (user.empty() || user.starts_with(':') || user.find_first_of("@,/") != user.npos) {
            reject(
                "user and password stand once, before the first host, with @ as %40, a comma as "
                "%2C and a slash as %2F");
        }
        set_user(address, user);
        hosts.remove_prefix(at + 1);
    }
    for (std::string_view const host : split(hosts, ',')) {
        check_host(host);
        address.hosts.emplace_back(host);
    }
    if (address.hosts.empty()) {
        reject("a host is missing");
    }
    return address;
}

std::string to_string(StreamAddress const& address) {
    return fmt::format("{}://{}/{}", address.tls ? "tls" : "nats", fmt::join(address.hosts, ","),
                       address.subject);
}

}  // namespace roger
