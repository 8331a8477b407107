// A client's way to a connected socket: every address of a name, one deadline for all of them.
#pragma once

#include "net/resolve.hpp"
#include "roger/address.hpp"
#include "roger/client_error.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>

namespace roger {

/// Resolves the address and tries what it stands for in turn, all within `timeout`. An address that
/// does not answer is given no more than its share of the time that is left.
/// Throws ClientError with a sentence that says for each address what failed (cannot_resolve,
/// cannot_connect, connect_timeout), AddressError for a datagram address, and asio::system_error
/// (operation_aborted) when the caller cancels.
asio::awaitable<asio::generic::stream_protocol::socket> connect(Address address, Timeout timeout,
                                                                Resolver resolver = look_up_name);

}  // namespace roger
