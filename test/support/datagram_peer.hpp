// A sender of datagrams: a plain socket, with a deadline on every call.
#pragma once

#include "support/deadline.hpp"
#include "support/files.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace roger::test {

class DatagramPeer {
public:
    /// Talks to `address` as the server prints it: udp:127.0.0.1:51717, unixgram:PATH,
    /// unixgram:@NAME. It has an address of its own that the system chooses.
    static DatagramPeer to(std::string const& address);

    /// The same with an address that is given.
    static DatagramPeer to(std::string const& address, std::string const& own);

    /// A Unix socket without an address: it can be answered by nobody.
    static DatagramPeer nameless(std::string const& address);

    /// A server to be played by the test: hears whoever writes to it, and answers the last one.
    static DatagramPeer at(std::string const& address);

    /// Hears nobody but its server from now on.
    void connect();

    /// Throws Failure when the system does not take it.
    void send(std::string_view bytes, Deadline deadline = {});
    /// False when the other side's queue is full, or nobody is there.
    bool try_send(std::string_view bytes);

    /// The next datagram.
    std::string receive(Deadline deadline = {});
    bool would_receive_within(Duration duration) const;
    /// How many have come, and have not been received: takes them.
    std::size_t take_all();

    [[nodiscard]] int descriptor() const { return socket_.get(); }
    /// In the server's grammar: what its json records say under `from`.
    [[nodiscard]] std::string own_address() const;
    /// Of the sender of the last datagram received.
    [[nodiscard]] std::string sender() const { return sender_; }

private:
    explicit DatagramPeer(Descriptor socket) : socket_(std::move(socket)) {}

    Descriptor socket_;
    std::optional<std::string> server_;  ///< nothing: whoever wrote last
    std::string sender_;
};

}  // namespace roger::test
