// Resolving the server's address, and spreading our own.
#include "load/target.hpp"

#include "net/resolve.hpp"

#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>

#include <cerrno>
#include <limits>
#include <stdexcept>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace roger {

namespace {

constexpr std::size_t most_sources = 1'000'000;

/// Nobody listens there, and the system chose the very port as ours: TCP connects a socket to
/// itself, and every message would be its own answer.
bool is_connected_to_itself(int socket, Endpoint const& server) {
    Endpoint own;
    auto size = static_cast<socklen_t>(own.capacity());
    if (server.data()->sa_family == AF_UNIX || ::getsockname(socket, own.data(), &size) != 0) {
        return false;
    }
    own.resize(size);
    return own == server;
}

/// The socket, or none, and errno set.
Descriptor bound(Descriptor socket, Endpoint const& own) {
    if (::bind(socket.get(), own.data(), static_cast<socklen_t>(own.size())) != 0) {
        socket.close();
    }
    return socket;
}

/// The address `steps` after `first`.
asio::ip::address step(asio::ip::address const& first, std::size_t steps) {
    if (first.is_v4()) {
        return asio::ip::address_v4(
            static_cast<asio::ip::address_v4::uint_type>(first.to_v4().to_uint() + steps));
    }
    auto bytes = first.to_v6().to_bytes();
    for (auto byte = bytes.rbegin(); byte != bytes.rend() && steps != 0; ++byte) {
        std::size_t const sum = *byte + (steps & 0xff);
        *byte = static_cast<unsigned char>(sum & 0xff);
        steps = (steps >> 8U) + (sum >> 8U);
    }
    return asio::ip::address_v6(bytes, first.to_v6().scope_id());
}

}  // namespace

Sources::Sources(asio::ip::address const& first, asio::ip::address const& last) : first_(first) {
    if (first.is_v4() != last.is_v4() || last < first) {
        throw std::invalid_argument("--source: " + first.to_string() + "-" + last.to_string() +
                                    " is no range: write the lower address first, both of one "
                                    "family");
    }
    while (count_ <= most_sources && step(first, count_) != last) {
        ++count_;
    }
    if (++count_ > most_sources) {
        throw std::invalid_argument("--source: more than a million addresses");
    }
}

std::optional<Endpoint> Sources::of(std::size_t client) const {
    return count_ == 0 ? std::nullopt
                       : std::optional(to_endpoint(step(first_, client % count_), 0));
}

Target::Target(LoadSettings const& settings) : type(socket_type(settings.address.transport)) {
    Address const& address = settings.address;
    if (is_unix(address.transport)) {
        endpoints = {to_endpoint_of_path(address.path)};
    } else {
        LookUp found = look_up_name(address.host, address.port);
        if (!found.failure.empty()) {
            throw std::runtime_error(to_string(address) + ": " + found.failure);
        }
        endpoints = std::move(found.endpoints);
    }
    if (settings.sources) {
        sources = Sources(settings.sources->first, settings.sources->second);
    }
}

Timeout Target::share_of(Timeout connect_timeout) const {
    if (connect_timeout) {
        return *connect_timeout / endpoints.size();
    }
    return std::nullopt;
}

bool Target::is_internet() const {
    return endpoints.front().data()->sa_family != AF_UNIX;
}

bool Target::is_loopback() const {
    return is_internet() &&
           asio::ip::make_address(to_address(endpoints.front()).host).is_loopback();
}

Descriptor open_client_socket(SocketType type, Endpoint const& server,
                              std::optional<Endpoint> const& source) {
    int const family = server.data()->sa_family;
    int const kind = type == SocketType::stream ? SOCK_STREAM : SOCK_DGRAM;
    Descriptor socket(::socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) {
        return socket;
    }
    int const on = 1;
    if (family == AF_UNIX) {
        return type == SocketType::stream ? std::move(socket)
                                          : bound(std::move(socket), nameless_unix_endpoint());
    }
    if (type == SocketType::stream) {
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (!source) {
        return socket;
    }
    // The port is chosen by connect(), which knows the other side: ip(7).
    ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return bound(std::move(socket), *source);
}

int connect_error(int socket, Endpoint const& server) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 && is_connected_to_itself(socket, server) ? ECONNREFUSED : error;
}

}  // namespace roger
