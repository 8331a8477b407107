// Asio's sockets, with descriptors that a program we may start does not inherit.
#pragma once

#include "net/descriptor.hpp"

#include <asio/error_code.hpp>

#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace roger {

/// The socket takes the descriptor over; where it cannot, the descriptor is closed.
template <typename Socket>
asio::error_code assign(Socket& socket, typename Socket::protocol_type const& protocol,
                        Descriptor descriptor) {
    asio::error_code error;
    socket.assign(protocol, descriptor.get(), error);
    if (!error) {
        descriptor.release();
    }
    return error;
}

/// As socket.open(), which does not set close-on-exec: a child that inherits a listening socket
/// keeps its port taken, and one that inherits a connection keeps it open.
template <typename Socket>
asio::error_code open_socket(Socket& socket, typename Socket::protocol_type const& protocol) {
    Descriptor descriptor(
        ::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol()));
    if (!descriptor) {
        return {errno, asio::system_category()};
    }
    return assign(socket, protocol, std::move(descriptor));
}

}  // namespace roger
