// accept(2) without what Asio makes of it.
#pragma once

#include "net/descriptor.hpp"
#include "net/endpoint.hpp"

#include <asio/error_code.hpp>

namespace roger {

/// Takes a connection from a listening socket's queue, without waiting: close-on-exec and not
/// blocking, and who it is from. Sets the error where there is none. Asio's accept() would
/// wait for another connection after ECONNABORTED and EPROTO, and block its event loop.
Descriptor accept_connection(int listening, Endpoint& peer, asio::error_code& error);

/// The error is the connection's that has been taken from the queue, or of whom the rules of a
/// firewall keep out: the next one can be accepted. accept(2), "Error handling".
bool is_of_one_connection(asio::error_code error);

}  // namespace roger
