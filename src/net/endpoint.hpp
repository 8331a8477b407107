// Our addresses as the system's, and back: one endpoint type for Internet and Unix sockets.
#pragma once

#include "roger/address.hpp"
#include "roger/peer_address.hpp"

#include <asio/generic/stream_protocol.hpp>
#include <asio/ip/address.hpp>

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

namespace roger {

/// Of a stream or of a datagram socket: where it is, not what it carries.
using Endpoint = asio::generic::stream_protocol::endpoint;

Endpoint to_endpoint(asio::ip::address const& address, std::uint16_t port);

/// The same Internet address with another port.
Endpoint with_port(Endpoint const& endpoint, std::uint16_t port);

/// `path` is a file's, or '@' and a name in the abstract namespace. Throws AddressError if it is
/// longer than a socket's address can hold.
Endpoint to_endpoint_of_path(std::string const& path);

/// Bound to it, the system gives a Unix socket an abstract name that nobody has: unix(7), Autobind.
Endpoint nameless_unix_endpoint();

/// An IPv4 peer of an IPv6 socket is written as what it is: 127.0.0.1, not ::ffff:127.0.0.1.
/// A Unix peer without a name has an empty path. A Unix name can hold any byte, control characters
/// included: whoever prints one escapes it.
Address to_address(Endpoint const& endpoint, SocketType type = SocketType::stream);

PeerAddress to_peer_address(Endpoint const& endpoint, SocketType type = SocketType::stream);

/// What a name stands for, or why that could not be found out.
struct LookUp {
    std::vector<Endpoint> endpoints;  ///< in the order to try them, each once
    std::string failure;              ///< the system's words; empty: it was found
    std::error_code cause = {};       ///< the system's error behind it, if there is one
};

/// getaddrinfo(3), with its AI_... `flags`. Blocks for as long as the resolver takes, unless
/// `flags` has AI_NUMERICHOST. `localhost`, and a name below it, is this host's loopback address
/// also where the resolver does not know it (RFC 6761, section 6.3).
LookUp look_up(std::string const& host, std::uint16_t port, int flags);

/// What to bind for an address with a host or a path. Blocks: for the start of a program.
/// Throws Error, Errc::cannot_resolve, for a name that is not known.
std::vector<Endpoint> resolve_listening(Address const& address);

/// Throws AddressError for an address of the other type, and for one that the grammar does not
/// allow, with a sentence that says so.
void require_stream(Address const& address);
void require_datagram(Address const& address);

/// Throws AddressError for an Internet address without a host or a port: nobody can be reached
/// there.
void require_server(Address const& address);

}  // namespace roger
