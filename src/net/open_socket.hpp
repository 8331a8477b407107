// Sockets that a program we may start does not inherit.
#pragma once

#include <asio/error_code.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace roger {

/// As socket.open(), which does not set close-on-exec: a child that inherits a listening socket
/// keeps its port taken, and one that inherits a connection keeps it open.
template <typename Socket>
asio::error_code open_socket(Socket& socket, typename Socket::protocol_type const& protocol) {
    int const descriptor =
        ::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol());
    if (descriptor < 0) {
        return {errno, asio::system_category()};
    }
    asio::error_code error;
    socket.assign(protocol, descriptor, error);
    if (error) {
        ::close(descriptor);
    }
    return error;
}

}  // namespace roger
