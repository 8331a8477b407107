// A datagram server whose truth is known: it answers what the test says, when the test says.
#pragma once

#include "support/deadline.hpp"

#include <asio/awaitable.hpp>
#include <asio/generic/datagram_protocol.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace roger::test {

/// On a thread of its own.
class DatagramServer {
public:
    struct Answer {
        std::size_t to;  ///< the number of the datagram whose sender gets it
        std::string bytes = "I got your message\n";
        Duration after = Duration(0);  ///< from now
    };
    /// Called on the server's thread for each datagram in the order in which they come, numbered
    /// from 0.
    using Script = std::function<std::vector<Answer>(std::size_t number, std::string const&)>;

    /// udp:127.0.0.1:0 or unixgram:PATH.
    DatagramServer(std::string const& address, Script script);
    ~DatagramServer();
    DatagramServer(DatagramServer const&) = delete;
    DatagramServer& operator=(DatagramServer const&) = delete;

    [[nodiscard]] std::string const& address() const { return address_; }

private:
    using Protocol = asio::generic::datagram_protocol;

    asio::awaitable<void> serve();
    asio::awaitable<void> send(Answer answer);

    Script script_;
    asio::io_context context_;
    Protocol::socket socket_;
    std::string address_;
    std::vector<Protocol::endpoint> senders_;
    std::thread thread_;
};

}  // namespace roger::test
