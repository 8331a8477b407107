// Opens, binds and, for streams, listens.
#include "net/listening.hpp"

#include "net/endpoint.hpp"
#include "net/last_error.hpp"
#include "net/listen_error.hpp"
#include "net/open_socket.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/socket_base.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace roger {

namespace {

constexpr int datagrams_waiting_bytes = 4 * 1024 * 1024;

/// The remedy for the commonest error of bind().
std::string remedy(std::error_code error, Address const& address) {
    if (error == std::errc::address_in_use) {
        return is_unix(address.transport) ? "; choose another name"
               : address.port == 0        ? ""
                                          : "; choose another port, or 0 for any free one";
    }
    if (error == std::errc::permission_denied && !is_unix(address.transport)) {
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

/// The host has no such address, or no such protocol: containers often list ::1 for localhost, and
/// have no IPv6.
bool is_absent(std::error_code error) {
    return error == std::errc::address_family_not_supported ||
           error == std::errc::address_not_available || error == std::errc::protocol_not_supported;
}

/// What became of one of the endpoints that an address stands for.
std::string failure_of(Endpoint const& endpoint, Address const& address, std::error_code error) {
    std::string const failed = to_string(to_address(endpoint, socket_type(address.transport)));
    return fmt::format("{}{}{}", failed == to_string(address) ? "" : failed + ": ", error.message(),
                       remedy(error, address));
}

/// Adds to `bound` a socket for each endpoint that is there. Where the system chooses the port, it
/// chooses that of the first.
template <typename Socket>
void open_each(asio::io_context& context, Address const& address,
               std::vector<Endpoint> const& endpoints, Log const& log,
               std::vector<Bound<Socket>>& bound) {
    std::vector<std::string> absent;
    std::error_code reason;
    for (Endpoint endpoint : endpoints) {
        if (!bound.empty()) {
            endpoint = with_port(endpoint, bound.front().address.port);
        }
        try {
            bound.push_back(open<Socket>(context, address, endpoint));
        } catch (asio::system_error const& error) {
            reason = standard_error(error.code());
            absent.push_back(failure_of(endpoint, address, reason));
            if (!is_absent(reason)) {
                throw ListenError(address, absent.back(), reason);
            }
        }
    }
    if (bound.empty()) {
        throw ListenError(address,
                          fmt::format("{}; choose an address that this host has, or a port alone "
                                      "for all of them",
                                      fmt::join(absent, "; ")),
                          reason);
    }
    for (std::string const& failure : absent) {
        log(LogLevel::info, fmt::format("left out {}", failure));
    }
}

/// The port that the system chose at the first endpoint can be taken at another one. What was bound
/// to it stays so until there is one that is free at all, lest the system choose it again.
template <typename Socket>
std::vector<Bound<Socket>> open_all(asio::io_context& context, Address const& address,
                                    std::vector<Endpoint> const& endpoints, Log const& log) {
    constexpr std::size_t most_ports = 32;
    std::vector<std::vector<Bound<Socket>>> attempts;
    for (;;) {
        std::vector<Bound<Socket>>& bound = attempts.emplace_back();
        try {
            open_each(context, address, endpoints, log, bound);
            return std::move(bound);
        } catch (ListenError const& error) {
            bool const taken = error.cause() == std::errc::address_in_use;
            if (!taken || bound.empty() || address.port != 0 || attempts.size() == most_ports) {
                throw;
            }
        }
    }
}

/// A machine without IPv6 still has every IPv4 interface.
template <typename Socket>
std::vector<Bound<Socket>> open_every_interface(asio::io_context& context, Address const& address,
                                                Log const& log) {
    try {
        auto const ipv6 = to_endpoint(asio::ip::address_v6::any(), address.port);
        return open_all<Socket>(context, address, {ipv6}, log);
    } catch (ListenError const& error) {
        if (!is_absent(error.cause())) {
            throw;
        }
    }
    auto const ipv4 = to_endpoint(asio::ip::address_v4::any(), address.port);
    return open_all<Socket>(context, address, {ipv4}, log);
}

template <typename Socket>
std::vector<Bound<Socket>> open(asio::io_context& context, Address const& address, Log const& log) {
    if (!is_unix(address.transport) && address.host.empty()) {
        return open_every_interface<Socket>(context, address, log);
    }
    return open_all<Socket>(context, address, resolve_listening(address), log);
}

}  // namespace

std::vector<Listening> listen_on(asio::io_context& context, Address const& address,
                                 Log const& log) {
    require_stream(address);
    return open<Acceptor>(context, address, log);
}

std::vector<BoundDatagrams> bind_datagrams(asio::io_context& context, Address const& address,
                                           Log const& log) {
    require_datagram(address);
    return open<DatagramSocket>(context, address, log);
}

}  // namespace roger
