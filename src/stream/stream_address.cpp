// Reads nats://HOST,HOST/SUBJECT.
#include "stream/stream_address.hpp"

#include "protocol/quote.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <stdexcept>

namespace roger {

namespace {

constexpr std::string_view right_form = "write nats://HOST:PORT,HOST:PORT/SUBJECT";

/// For people to read: who and by which password is nobody's business.
std::string without_user(std::string_view text) {
    std::size_t const scheme_end = text.find("://");
    std::size_t const begin = scheme_end == text.npos ? 0 : scheme_end + 3;
    std::size_t const at = text.find_last_of('@');
    std::string readable(text.substr(0, begin));
    return readable += text.substr(at == text.npos || at < begin ? begin : at + 1);
}

[[noreturn]] void reject(std::string_view text, std::string_view fault) {
    throw std::invalid_argument(
        fmt::format("{}: {}; {}", quote(without_user(text)), fault, right_form));
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

}  // namespace

StreamAddress parse_stream_address(std::string_view text) {
    std::size_t const scheme_end = text.find("://");
    std::string_view const scheme = text.substr(0, std::min(scheme_end, text.size()));
    if (scheme_end == text.npos || (scheme != "nats" && scheme != "tls")) {
        reject(text, "it begins with neither nats:// nor tls://");
    }
    std::string_view const rest = text.substr(scheme_end + 3);
    std::size_t const slash = rest.find_last_of('/');
    if (slash == rest.npos || !is_subject(rest.substr(slash + 1))) {
        reject(text,
               "the subject is missing or not one: words of printable characters without * "
               "and >, with dots between them");
    }
    // What is given before the first host holds for all of them.
    std::string_view hosts = rest.substr(0, slash);
    std::string_view user;
    if (std::size_t const at = hosts.find_last_of('@'); at != hosts.npos) {
        user = hosts.substr(0, at + 1);
        hosts.remove_prefix(at + 1);
        if (user.substr(0, at).find_first_of("@,/") != user.npos) {
            reject(text,
                   "user and password stand once, before the first host, with @ as %40, a comma as "
                   "%2C and a slash as %2F");
        }
    }
    StreamAddress address{
        .servers = {}, .subject = std::string(rest.substr(slash + 1)), .tls = scheme == "tls"};
    for (std::string_view const host : split(hosts, ',')) {
        if (host.empty() || host.find_first_of(" /") != host.npos) {
            reject(text, "a host is missing");
        }
        address.servers.push_back(fmt::format("{}://{}{}", scheme, user, host));
    }
    if (address.servers.empty()) {
        reject(text, "a host is missing");
    }
    return address;
}

std::string to_string(StreamAddress const& address) {
    auto const host = [](std::string const& server) {
        return server.substr(server.find_last_of("/@") + 1);
    };
    return fmt::format("{}://{}/{}", address.tls ? "tls" : "nats",
                       fmt::join(address.servers | std::views::transform(host), ","),
                       address.subject);
}

}  // namespace roger
