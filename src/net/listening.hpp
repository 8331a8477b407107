// Sockets that listen: bound to an address of ours, in the system's terms.
#pragma once

#include "net/unix_path.hpp"
#include "roger/address.hpp"

#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>

#include <memory>
#include <vector>

namespace roger {

using Acceptor =
    asio::basic_socket_acceptor<asio::generic::stream_protocol, asio::io_context::executor_type>;

struct Listening {
    std::unique_ptr<UnixPath> file;  ///< a Unix socket's; outlives the acceptor
    Acceptor acceptor;
    Address address;  ///< as bound: the port filled in
};

/// Binds and listens; does not block on accept. A name that stands for several addresses gives
/// one socket for each; no host at all gives one for every interface, IPv6 and IPv4.
/// Throws std::runtime_error with a sentence that names the address, the reason and the remedy.
std::vector<Listening> listen_on(asio::io_context& context, Address const& address);

}  // namespace roger
