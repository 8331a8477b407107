// Opens, binds and, for streams, listens.
#include "net/listening.hpp"

#include "net/endpoint.hpp"
#include "net/open_socket.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/socket_base.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace roger {

namespace {

constexpr int datagrams_waiting_bytes = 4 * 1024 * 1024;

/// The remedy for what bind() most often says.
std::string remedy(asio::error_code error, Address const& address) {
    if (error == asio::error::address_in_use) {
        return is_unix(address.transport) ? "; choose another name"
                                          : "; choose another port, or 0 for any free one";
    }
    if (error == asio::error::access_denied && !is_unix(address.transport)) {
        return "; ports below 1024 need privileges: choose a higher one";
    }
    return "";
}

/// Options that every connection inherits from the socket that accepted it, tcp(7).
void set_internet_options(Acceptor& acceptor, int /*family*/) {
    acceptor.set_option(asio::socket_base::reuse_address(true));
    // An ack is small and is waited for: it must not wait for more to be sent with it.
    acceptor.set_option(asio::ip::tcp::no_delay(true));
    // With --idle-timeout none this is what finds a client whose machine has gone.
    acceptor.set_option(asio::socket_base::keep_alive(true));
}

/// Not reuse_address: for datagrams it would let two servers have one port, and each a part.
void set_internet_options(DatagramSocket& socket, int family) {
    using IPv4PacketInfo = asio::detail::socket_option::boolean<IPPROTO_IP, IP_PKTINFO>;
    using IPv6PacketInfo = asio::detail::socket_option::boolean<IPPROTO_IPV6, IPV6_RECVPKTINFO>;
    if (family == AF_INET6) {
        socket.set_option(IPv6PacketInfo(true));
    } else {
        socket.set_option(IPv4PacketInfo(true));
    }
    // What comes while a write takes its time waits here, or is dropped; the system may give less.
    socket.set_option(asio::socket_base::receive_buffer_size(datagrams_waiting_bytes));
}

void listen(Acceptor& acceptor) {
    acceptor.listen();
}

void listen(DatagramSocket& /*receives from when it is bound*/) {}

void set_unix_options(Acceptor& /*each connection has a buffer of its own*/) {}

/// What has not been read is charged to its sender: all answers share this socket's buffer.
void set_unix_options(DatagramSocket& socket) {
    socket.set_option(asio::socket_base::send_buffer_size(datagrams_waiting_bytes));
}

template <typename Socket>
Bound<Socket> open(asio::io_context& context, Address const& address, Endpoint const& endpoint) {
    Bound<Socket> bound{.file = nullptr, .socket = Socket(context), .address = address};
    typename Socket::endpoint_type const local(endpoint.data(), endpoint.size());
    bool const is_file = is_unix(address.transport) && address.path[0] != '@';
    if (is_file) {
        bound.file = std::make_unique<UnixPath>(address.path, address.transport);
    }
    if (asio::error_code const error = open_socket(bound.socket, local.protocol())) {
        throw asio::system_error(error);
    }
    if (!is_unix(address.transport)) {
        int const family = local.protocol().family();
        set_internet_options(bound.socket, family);
        if (address.host.empty() && family == AF_INET6) {
            bound.socket.set_option(asio::ip::v6_only(false));
        }
    } else {
        set_unix_options(bound.socket);
    }
    // A socket file's mode is what the umask leaves of 0777, from its first moment on.
    bound.socket.bind(local);
    if (is_file) {
        bound.file->bound();
    }
    listen(bound.socket);
    bound.socket.non_blocking(true);
    if (!is_unix(address.transport)) {
        auto const filled_in = bound.socket.local_endpoint();
        bound.address = to_address(Endpoint(filled_in.data(), filled_in.size()),
                                   socket_type(address.transport));
    }
    return bound;
}

template <typename Socket>
Bound<Socket> open_named(asio::io_context& context, Address const& address,
                         Endpoint const& endpoint) {
    try {
        return open<Socket>(context, address, endpoint);
    } catch (asio::system_error const& error) {
        throw ListenError(fmt::format("cannot listen on {}: {}{}", to_string(address),
                                      error.code().message(), remedy(error.code(), address)),
                          error.code());
    }
}

/// A machine without IPv6 still has every IPv4 interface.
template <typename Socket>
Bound<Socket> open_every_interface(asio::io_context& context, Address const& address) {
    auto const ipv6 = to_endpoint(asio::ip::address_v6::any(), address.port);
    try {
        return open<Socket>(context, address, ipv6);
    } catch (asio::system_error const& error) {
        bool const no_ipv6 =
            error.code() == asio::error::address_family_not_supported ||
            error.code() == asio::error_code(EADDRNOTAVAIL, asio::system_category());
        auto const ipv4 = to_endpoint(asio::ip::address_v4::any(), address.port);
        return open_named<Socket>(context, address, no_ipv6 ? ipv4 : ipv6);
    }
}

template <typename Socket>
std::vector<Bound<Socket>> open_all(asio::io_context& context, Address const& address) {
    std::vector<Bound<Socket>> all;
    if (!is_unix(address.transport) && address.host.empty()) {
        all.push_back(open_every_interface<Socket>(context, address));
        return all;
    }
    for (Endpoint const& endpoint : resolve_listening(address)) {
        all.push_back(open_named<Socket>(context, address, endpoint));
    }
    return all;
}

}  // namespace

std::vector<Listening> listen_on(asio::io_context& context, Address const& address) {
    require_stream(address);
    return open_all<Acceptor>(context, address);
}

std::vector<BoundDatagrams> bind_datagrams(asio::io_context& context, Address const& address) {
    require_datagram(address);
    return open_all<DatagramSocket>(context, address);
}

}  // namespace roger
