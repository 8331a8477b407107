// A client's way to a connected socket: every address of a name, one deadline for all of them.
#pragma once

#include "net/resolve.hpp"
#include "roger/address.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <stdexcept>

namespace roger {

/// Why there is no connection: a sentence that says for each address what failed.
struct ConnectError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Resolves the address and tries what it stands for in turn, all within `timeout`. An address that
/// does not answer is given no more than its share of the time that is left.
/// Throws ConnectError, AddressError for a datagram address.
asio::awaitable<asio::generic::stream_protocol::socket> connect(Address address, Timeout timeout,
                                                                Resolver resolver = look_up_name);

}  // namespace roger
