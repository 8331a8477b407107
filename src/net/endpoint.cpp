// Our addresses as the system's, and back: one endpoint type for Internet and Unix sockets.
#include "net/endpoint.hpp"

#include "net/descriptor.hpp"
#include "net/last_error.hpp"
#include "net/listen_error.hpp"
#include "roger/error.hpp"

#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>
#include <asio/ip/tcp.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace roger {

namespace {

/// The system's structure for the endpoint's family, copied: what a socket filled in may be
/// shorter.
template <typename SocketAddress>
SocketAddress copy_of(Endpoint const& endpoint) {
    SocketAddress copy = {};
    std::memcpy(&copy, endpoint.data(), std::min(endpoint.size(), sizeof copy));
    return copy;
}

PeerAddress from_ipv4(sockaddr_in const& internet, SocketType type) {
    return {asio::ip::address_v4(ntohl(internet.sin_addr.s_addr)), ntohs(internet.sin_port), type};
}

PeerAddress from_ipv6(sockaddr_in6 const& internet, SocketType type) {
    asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &internet.sin6_addr, bytes.size());
    return {asio::ip::address_v6(bytes, internet.sin6_scope_id), ntohs(internet.sin6_port), type};
}

PeerAddress from_unix(Endpoint const& endpoint, SocketType type) {
    auto const* const bytes = reinterpret_cast<char const*>(endpoint.data());
    std::string_view name(bytes, endpoint.size());
    name.remove_prefix(std::min(name.size(), offsetof(sockaddr_un, sun_path)));
    // An abstract name is all of the given length, NULs included: unix(7).
    return name.starts_with('\0') ? PeerAddress('@' + std::string(name.substr(1)), type)
                                  : PeerAddress(std::string(name.substr(0, name.find('\0'))), type);
}

/// Also as a full name, with its last dot.
bool is_localhost(std::string_view name) {
    constexpr std::string_view localhost = "localhost";
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (name.size() < localhost.size()) {
        return false;
    }
    std::string_view const parents = name.substr(0, name.size() - localhost.size());
    return (parents.empty() || parents.ends_with('.')) &&
           std::ranges::equal(name.substr(parents.size()), localhost, {},
                              [](unsigned char c) { return std::tolower(c); });
}

/// Whoever makes an Address by himself can put anything into it.
void require_valid(Address const& address) {
    std::ignore = parse_address(to_string(address));
}

/// getaddrinfo(3) takes a hosts file that it cannot open for one that has not the name.
std::error_code want_of_descriptors() {
    Descriptor const probe(::eventfd(0, EFD_CLOEXEC));
    return probe ? std::error_code() : last_error();
}

LookUp ask_resolver(std::string const& host, std::uint16_t port, int flags) {
    addrinfo hints = {};
    hints.ai_flags = flags;
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    std::string const service = std::to_string(port);
    int const result = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
    if (result == EAI_SYSTEM) {
        std::error_code const error = last_error();
        return {{}, error.message(), error};
    }
    if (result != 0) {
        std::error_code const error = want_of_descriptors();
        return {{}, error ? error.message() : gai_strerror(result), error};
    }
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> const owner(found, &freeaddrinfo);
    LookUp answer;
    for (addrinfo const* each = found; each != nullptr; each = each->ai_next) {
        Endpoint const endpoint(each->ai_addr, each->ai_addrlen);
        if (std::ranges::find(answer.endpoints, endpoint) == answer.endpoints.end()) {
            answer.endpoints.push_back(endpoint);
        }
    }
    return answer;
}

}  // namespace

Endpoint to_endpoint(asio::ip::address const& address, std::uint16_t port) {
    return asio::ip::tcp::endpoint(address, port);
}

Endpoint with_port(Endpoint const& endpoint, std::uint16_t port) {
    if (endpoint.data()->sa_family == AF_INET6) {
        auto internet = copy_of<sockaddr_in6>(endpoint);
        internet.sin6_port = htons(port);
        return {&internet, sizeof internet};
    }
    auto internet = copy_of<sockaddr_in>(endpoint);
    internet.sin_port = htons(port);
    return {&internet, sizeof internet};
}

Endpoint nameless_unix_endpoint() {
    Endpoint endpoint;
    endpoint.data()->sa_family = AF_UNIX;
    endpoint.resize(sizeof(sa_family_t));
    return endpoint;
}

Endpoint to_endpoint_of_path(std::string const& path) {
    bool const abstract = path.starts_with('@');
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    // A file's path ends in a NUL, an abstract name begins with one.
    if (path.size() + (abstract ? 0 : 1) > sizeof address.sun_path) {
        throw AddressError("a Unix socket's path has at most " +
                           std::to_string(sizeof address.sun_path - 1) + " bytes: " + path);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    if (abstract) {
        address.sun_path[0] = '\0';
    }
    std::size_t const used = path.size() + (abstract ? 0 : 1);
    return Endpoint(&address, offsetof(sockaddr_un, sun_path) + used);
}

Address to_address(Endpoint const& endpoint, SocketType type) {
    return to_peer_address(endpoint, type).address();
}

PeerAddress to_peer_address(Endpoint const& endpoint, SocketType type) {
    switch (endpoint.data()->sa_family) {
        case AF_INET:
            return from_ipv4(copy_of<sockaddr_in>(endpoint), type);
        case AF_INET6:
            return from_ipv6(copy_of<sockaddr_in6>(endpoint), type);
        default:
            return from_unix(endpoint, type);
    }
}

LookUp look_up(std::string const& host, std::uint16_t port, int flags) {
    LookUp found = ask_resolver(host, port, flags);
    bool const asked_for_name = (flags & AI_NUMERICHOST) == 0;
    if (!found.failure.empty() && asked_for_name && is_localhost(host)) {
        return {{to_endpoint(asio::ip::address_v4::loopback(), port),
                 to_endpoint(asio::ip::address_v6::loopback(), port)},
                {}};
    }
    return found;
}

std::vector<Endpoint> resolve_listening(Address const& address) {
    if (is_unix(address.transport)) {
        return {to_endpoint_of_path(address.path)};
    }
    LookUp found = look_up(address.host, address.port, AI_PASSIVE | AI_NUMERICSERV);
    if (!found.failure.empty()) {
        if (found.cause == std::errc::too_many_files_open) {
            throw ListenError(address, found.failure, found.cause);
        }
        throw Error(Errc::cannot_resolve,
                    "unknown host " + address.host + ": " + found.failure +
                        "; correct its name, or give its number",
                    found.cause);
    }
    return std::move(found.endpoints);
}

void require_stream(Address const& address) {
    require_valid(address);
    if (socket_type(address.transport) == SocketType::datagram) {
        throw AddressError("a stream is needed, and this is a datagram address: " +
                           to_string(address));
    }
}

void require_server(Address const& address) {
    if (!is_unix(address.transport) && (address.host.empty() || address.port == 0)) {
        throw AddressError("a client needs the server's host and port, and this has not both: " +
                           to_string(address));
    }
}

void require_datagram(Address const& address) {
    require_valid(address);
    if (socket_type(address.transport) == SocketType::stream) {
        throw AddressError("datagrams are needed, and this is a stream address: " +
                           to_string(address));
    }
}

}  // namespace roger
