// Where a server listens and a client connects: reading and writing the grammar.
#include "roger/address.hpp"

#include "protocol/quote.hpp"
#include "protocol/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

namespace roger {

namespace {

struct Prefix {
    std::string_view text;
    Transport transport;
};

constexpr std::array prefixes = {
    Prefix{"tcp:", Transport::tcp},
    Prefix{"udp:", Transport::udp},
    Prefix{"unix:", Transport::unix_stream},
    Prefix{"unixgram:", Transport::unix_datagram},
};

constexpr std::string_view forms =
    "write HOST:PORT, [IPV6]:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH";

// A path, or a name in the abstract namespace without its '@'. sockaddr_un has 108 bytes: a path
// needs one for its end, a name one for its beginning. unix(7)
constexpr std::size_t longest_path = 107;

[[noreturn]] void refuse(std::string_view text, std::string_view reason_and_remedy) {
    throw AddressError(quote(text) + ' ' + std::string(reason_and_remedy));
}

void refuse_url(std::string_view text) {
    if (text.find("://") != text.npos) {
        refuse(without_userinfo(text), fmt::format("is a URL: {}", forms));
    }
}

std::string_view prefix_of(Transport transport) {
    auto const* const prefix = std::ranges::find(prefixes, transport, &Prefix::transport);
    if (prefix == prefixes.end()) {
        throw AddressError("the address has none of the values of Transport");
    }
    return prefix->text;
}

/// The prefix that `text` begins with, which is taken off it.
std::optional<Transport> take_prefix(std::string_view& text) {
    for (Prefix const& prefix : prefixes) {
        if (text.starts_with(prefix.text)) {
            text.remove_prefix(prefix.text.size());
            return prefix.transport;
        }
    }
    return std::nullopt;
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// An IPv6 number, perhaps with a zone: fe80::1%eth0. Reads no further than a NUL, which is_host
/// refuses.
bool is_ipv6(std::string_view text) {
    std::size_t const zone = text.find('%');
    bool const zone_named = zone == text.npos || zone + 1 < text.size();
    std::string const number(text.substr(0, zone));
    in6_addr ignored{};
    return zone_named && inet_pton(AF_INET6, number.c_str(), &ignored) == 1;
}

/// May go to a resolver, which would take a NUL for the end, and could not say what is wrong with
/// the other bytes that are in no name and no number.
bool is_host(std::string_view text) {
    auto const foreign = [](char c) {
        return (c >= '\0' && c <= ' ') || c == '\x7f' || c == '/' || c == '[' || c == ']';
    };
    return !text.empty() && std::ranges::none_of(text, foreign);
}

/// `text` is the whole address, for the sentence.
std::uint16_t parse_port(std::string_view port, std::string_view text) {
    if (!is_digits(port)) {
        refuse(text, fmt::format("has no port: {} is not a number from 0 to 65535; {}", quote(port),
                                 forms));
    }
    std::uint16_t number = 0;
    auto const [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc()) {
        refuse(text, "asks for a port above the highest: write one from 0 to 65535");
    }
    return number;
}

/// The host, whose brackets are taken off.
std::string_view parse_host(std::string_view host, std::string_view text) {
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (!is_ipv6(host)) {
            refuse(text, fmt::format("has brackets around {}, which is no IPv6 number: write "
                                     "[::1]:PORT, or a name without brackets",
                                     quote(host)));
        }
    }
    if (host == "*") {
        refuse(text, "has no host: write HOST:PORT, or for every interface a server's port alone");
    }
    if (!is_host(host) || (host.find(':') != host.npos && !is_ipv6(host))) {
        refuse(text, fmt::format("has no valid host: {} is neither a name nor a number; {}",
                                 quote(host), forms));
    }
    return host;
}

[[noreturn]] void refuse_without_port(std::string_view text, std::string_view rest) {
    if (rest.find('/') != rest.npos || rest.starts_with('@')) {
        refuse(text, "is no Internet address: for a Unix socket write unix:PATH or unix:@NAME");
    }
    refuse(text, "has no port: write HOST:PORT, or unix:PATH for a Unix socket");
}

Address parse_internet(Transport transport, std::string_view text, std::string_view rest) {
    if (is_digits(rest)) {
        return {.transport = transport, .host = {}, .port = parse_port(rest, text), .path = {}};
    }
    if (rest.empty()) {
        refuse(text, fmt::format("is no address: {}", forms));
    }
    refuse_url(text);
    std::size_t const colon = rest.rfind(':');
    if (colon == rest.npos) {
        refuse_without_port(text, rest);
    }
    if (is_ipv6(rest) || (rest.starts_with('[') && rest.ends_with(']'))) {
        refuse(text, "has no port: write an IPv6 number in brackets, and a port: [::1]:PORT");
    }
    if (colon == 0) {
        refuse(text, "has no host: write HOST:PORT, or a server's port alone");
    }
    std::string_view const host = rest.substr(0, colon);
    if (!host.starts_with('[') && is_ipv6(host)) {
        refuse(text, "has an IPv6 number without brackets: write [::1]:PORT");
    }
    return {.transport = transport,
            .host = std::string(parse_host(host, text)),
            .port = parse_port(rest.substr(colon + 1), text),
            .path = {}};
}

Address parse_unix(Transport transport, std::string_view text, std::string_view path) {
    if (path.empty() || path == "@") {
        refuse(text,
               fmt::format("names no socket: write {0}PATH or {0}@NAME", prefix_of(transport)));
    }
    if (path.find('\0') != path.npos) {
        refuse(text, "has a NUL byte, which no path can have: leave it out");
    }
    std::size_t const size = path.size() - (path.starts_with('@') ? 1 : 0);
    if (size > longest_path) {
        refuse(text, fmt::format("is too long for a Unix socket: shorten it from {} to at most {} "
                                 "bytes",
                                 size, longest_path));
    }
    return {.transport = transport, .host = {}, .port = 0, .path = std::string(path)};
}

}  // namespace

Address parse_address(std::string_view text) {
    std::string_view rest = text;
    Transport const transport = take_prefix(rest).value_or(Transport::tcp);
    return is_unix(transport) ? parse_unix(transport, text, rest)
                              : parse_internet(transport, text, rest);
}

Address parse_address(std::string_view host, std::string_view port) {
    refuse_url(host);
    refuse_url(port);
    std::string_view rest = host;
    Transport const transport = take_prefix(rest).value_or(Transport::tcp);
    if (is_unix(transport)) {
        refuse(host, fmt::format("is a Unix socket, which has no port: leave out {}", quote(port)));
    }
    if (transport == Transport::udp) {
        refuse(host, "is a datagram address: write it as one word, udp:HOST:PORT");
    }
    if (rest.find(':') != rest.npos && !rest.ends_with(']') && !is_ipv6(rest)) {
        refuse(host, fmt::format("is no host, or has a port of its own: write HOST:PORT as one "
                                 "word, or HOST and {} as two",
                                 quote(port)));
    }
    std::string const text = fmt::format("{} {}", host, port);
    return {.transport = transport,
            .host = std::string(parse_host(rest, text)),
            .port = parse_port(port, text),
            .path = {}};
}

std::string to_string(Address const& address) {
    std::string_view const prefix = prefix_of(address.transport);
    if (is_unix(address.transport)) {
        return fmt::format("{}{}", prefix, address.path);
    }
    std::string const host = address.host.empty() ? "::" : address.host;
    bool const number = host.find(':') != host.npos;
    return number ? fmt::format("{}[{}]:{}", prefix, host, address.port)
                  : fmt::format("{}{}:{}", prefix, host, address.port);
}

}  // namespace roger
