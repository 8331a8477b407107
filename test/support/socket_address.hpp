// A printed address as the system's own structure: tcp:127.0.0.1:51717, unix:PATH, unix:@NAME,
// udp:127.0.0.1:51717, unixgram:PATH.
// Written apart from Roger's parser, which is under test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace roger::test {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] sockaddr const* get() const {
        return reinterpret_cast<sockaddr const*>(&storage);
    }
    [[nodiscard]] int family() const { return storage.ss_family; }
};

/// Numbers only, no names. "Every interface" ([::] or 0.0.0.0) becomes the loopback one.
SocketAddress socket_address(std::string_view printed);

/// For listening: "every interface" stays.
SocketAddress listening_address(std::string_view printed);

/// In the same grammar.
std::string printed_address(SocketAddress const& address);

/// In the same grammar, of a datagram socket.
std::string printed_datagram_address(SocketAddress const& address);

/// Where a socket is bound, in the same grammar.
std::string bound_address(int socket);

/// The port of an Internet address.
std::uint16_t port_of(std::string_view printed);
std::string port_text(std::string_view printed);

/// The same port at another host: with_host("tcp:[::]:51717", "127.0.0.1").
std::string with_host(std::string_view printed, std::string_view host);

/// This machine has the IPv6 loopback address.
bool has_ipv6();

}  // namespace roger::test
