// accept(2) without what Asio makes of it.
#pragma once

#include "net/descriptor.hpp"
#include "net/endpoint.hpp"
#include "net/open_socket.hpp"

#include <asio/error_code.hpp>

#include <utility>

namespace roger {

/// A connection from a listening socket's queue, close-on-exec and not blocking, and who it is
/// from. Without one, which is not waited for, it is empty, and the error says why.
Descriptor take_connection(int listening, Endpoint& peer, asio::error_code& error);

/// Takes a connection from a listening socket's queue, without waiting. Returns the error where
/// there is none. Asio's accept() would wait for another connection after ECONNABORTED and EPROTO,
/// and block its event loop.
template <typename Acceptor, typename Socket>
asio::error_code accept_connection(Acceptor& listening, Socket& connection, Endpoint& peer) {
    asio::error_code error;
    Descriptor taken = take_connection(listening.native_handle(), peer, error);
    return error ? error : assign(connection, peer.protocol(), std::move(taken));
}

/// The error is the connection's that has been taken from the queue, or of whom the rules of a
/// firewall keep out: the next one can be accepted. accept(2), "Error handling".
bool is_of_one_connection(asio::error_code error);

}  // namespace roger
