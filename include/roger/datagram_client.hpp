// A client of datagrams: sends a message, awaits its answer, sends it again if none comes.
#pragma once

#include "roger/address.hpp"
#include "roger/answer.hpp"
#include "roger/client_error.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>
#include <asio/error_code.hpp>
#include <asio/generic/datagram_protocol.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

/// Messages that do not depend on each other: the loss of one means nothing for the next.
///
/// Each message has a socket of its own, so an address of its own: an answer that comes late, or
/// twice, can never be taken for another message's. A Unix socket is bound in the abstract
/// namespace, where the system chooses a free name and no file is left behind: unix(7), autobind.
///
/// **Timeouts.** At least 1 ms and at most 100 years; `std::nullopt`: no limit. Any other is an
/// Error, invalid_option.
///
/// **Threads.** All of a client's functions are called on the executor of the coroutine that
/// awaited open(): on an io_context that one thread runs, or on a strand. Any number of send()s can
/// be under way at once.
///
/// **Names.** A host name is looked up on a thread of its own, which is detached, as a lookup
/// cannot be cancelled: one that the resolver keeps waiting outlives its deadline, the client and
/// the io_context. It uses nothing of theirs.
///
/// **Lifetime.** A client lives until its send()s have completed, and is not moved before; it holds
/// nothing of the io_context itself: either may be destroyed first.
class DatagramClient {
public:
    /// Resolves the address, within `connect_timeout`; nothing is sent yet, so that nobody knows
    /// whether a server is there. Throws ClientError (cannot_resolve, connect_timeout);
    /// AddressError for a stream address, and one without host or port; asio::system_error with
    /// operation_aborted when the caller cancels.
    static asio::awaitable<DatagramClient> open(Address address, Timeout connect_timeout);

    /// No client yet: to be assigned to; send() is a std::logic_error.
    DatagramClient() = default;

    /// Sends one message and waits for its answer; when none has come for `ack_timeout`, sends it
    /// again, up to `retries` times (never without a timeout). A message that was sent again can
    /// have been displayed more than once: it may have been its answer that was lost.
    ///
    /// A name that stands for several addresses is tried in turn as long as they refuse. `message`
    /// holds no '\n' (std::invalid_argument), and lives until then. Throws ClientError, after which
    /// the next message can be sent all the same: ack_timeout, or io_error when no address can be
    /// sent to, where cause() is connection_refused if nobody is there, and message_size if the
    /// message and its newline do not fit into a datagram (65,507 bytes over UDP). Its sent() says
    /// whether the message may have been displayed. A caller that cancels gets asio::system_error
    /// with operation_aborted; the message may have been sent then.
    asio::awaitable<Answer> send(std::string_view message, Timeout ack_timeout,
                                 std::size_t retries = 0);

private:
    using Socket = asio::generic::datagram_protocol::socket;
    using ServerEndpoint = asio::generic::datagram_protocol::endpoint;

    DatagramClient(Address address, std::vector<ServerEndpoint> servers)
        : address_(std::move(address)), servers_(std::move(servers)) {}

    asio::error_code prepare(Socket& socket, ServerEndpoint const& server) const;

    Address address_;
    std::vector<ServerEndpoint> servers_;
    std::size_t server_ = 0;  ///< the one to try first
};

}  // namespace roger
