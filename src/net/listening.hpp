// Listening sockets, of streams and of datagrams: bound to an address of ours, in the system's
// terms.
#pragma once

#include "net/unix_path.hpp"
#include "roger/address.hpp"
#include "roger/log.hpp"

#include <asio/basic_datagram_socket.hpp>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/datagram_protocol.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>

#include <memory>
#include <vector>

namespace roger {

using Acceptor =
    asio::basic_socket_acceptor<asio::generic::stream_protocol, asio::io_context::executor_type>;

using DatagramSocket =
    asio::basic_datagram_socket<asio::generic::datagram_protocol, asio::io_context::executor_type>;

template <typename Socket>
struct Bound {
    std::unique_ptr<UnixPath> file;  ///< a Unix socket's; outlives the socket
    Socket socket;                   ///< does not block
    Address address;                 ///< as bound: the port filled in
};

using Listening = Bound<Acceptor>;
using BoundDatagrams = Bound<DatagramSocket>;

/// Binds and listens, for a stream address. A name that stands for several addresses gives one
/// socket for each, all with one port; those that this host does not have are left out, and `log`
/// is told. No host at all gives one socket for every interface, IPv6 and IPv4.
/// Throws ListenError where the system refuses or a Unix socket's file is taken, Error where the
/// name cannot be resolved, AddressError for a datagram address and one that is not valid.
std::vector<Listening> listen_on(asio::io_context& context, Address const& address, Log const& log);

/// The same for a datagram address. Each datagram that is received tells on which of our addresses
/// it came (IP_PKTINFO, IPV6_PKTINFO), so that its answer can go out from there.
std::vector<BoundDatagrams> bind_datagrams(asio::io_context& context, Address const& address,
                                           Log const& log);

}  // namespace roger
