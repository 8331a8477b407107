// Where a server listens and a client connects: one grammar for every program.
//
//   51717                      a server's port on every interface, IPv6 and IPv4
//   HOST:PORT  [V6]:PORT       Internet stream, also with the prefix tcp:
//   udp:PORT   udp:HOST:PORT   Internet datagram
//   unix:PATH  unix:@NAME      Unix stream; @ is Linux's abstract namespace, unix(7)
//   unixgram:PATH  unixgram:@NAME
#pragma once

#include "roger/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace roger {

enum class Transport : std::uint8_t { tcp, udp, unix_stream, unix_datagram };

/// Streams are connected and carry bytes; datagrams come alone, each with its sender's address.
enum class SocketType : std::uint8_t { stream, datagram };

constexpr SocketType socket_type(Transport transport) {
    return transport == Transport::udp || transport == Transport::unix_datagram
               ? SocketType::datagram
               : SocketType::stream;
}

/// A name in the file system or in the abstract namespace, not a host and a port.
constexpr bool is_unix(Transport transport) {
    return transport == Transport::unix_stream || transport == Transport::unix_datagram;
}

/// What is wrong with an address, and what would be right: a sentence for the user. Its code() is
/// Errc::invalid_address.
class AddressError : public Error {
public:
    explicit AddressError(std::string const& sentence) : Error(Errc::invalid_address, sentence) {}
};

struct Address {
    Transport transport = Transport::tcp;
    std::string host;        ///< tcp, udp: a name or number, no brackets; empty: any (servers only)
    std::uint16_t port = 0;  ///< tcp, udp: 0 lets the system choose (servers only)
    std::string path;        ///< unix, unixgram: a path, or '@' and a name, of 107 bytes at most

    bool operator==(Address const&) const = default;
};

/// Reads the grammar above. Throws AddressError. From any thread, like all functions here.
Address parse_address(std::string_view text);

/// The two-word form of an Internet stream address: `HOST PORT`, where an IPv6 number needs no
/// brackets. Throws AddressError.
Address parse_address(std::string_view host, std::string_view port);

/// Writes the grammar above, always with its prefix: tcp:[::]:51717, unix:/run/roger.
/// parse_address(to_string(a)) == a for what parse_address() returned, except that an empty host is
/// written as [::].
std::string to_string(Address const& address);

}  // namespace roger
