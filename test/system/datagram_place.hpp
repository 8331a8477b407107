// What the tests of the server's datagram sockets share: where it listens, and how it is kept busy.
#pragma once

#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/files.hpp"
#include "support/reserved_port.hpp"
#include "support/server_process.hpp"
#include "support/socket_address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger::test {

/// Long enough for an answer to come, if one came.
inline constexpr Duration a_while = std::chrono::milliseconds(100);

/// Where a test's server can listen, on each kind of datagram socket.
class Place {
public:
    Place() : kind_(GENERATE(as<std::string>(), "udp", "udp6", "unixgram file", "unixgram name")) {
        CAPTURE(kind_);
        if (kind_ == "udp6" && !has_ipv6()) {
            SKIP("this machine has no IPv6");
        }
    }

    /// `name` tells the Unix sockets of one test apart.
    [[nodiscard]] std::string address(std::string const& name = "s") const {
        if (kind_ == "udp") {
            return "udp:127.0.0.1:0";
        }
        if (kind_ == "udp6") {
            return "udp:[::1]:0";
        }
        std::string const path = directory_ / name;
        return (kind_ == "unixgram file" ? "unixgram:" : "unixgram:@") + path;
    }
    /// One that can be had again: of a port that is no other test's.
    [[nodiscard]] std::string lasting_address(std::string const& name = "s") const {
        if (kind_ == "udp") {
            return fmt::format("udp:127.0.0.1:{}", port_.number());
        }
        if (kind_ == "udp6") {
            return fmt::format("udp:[::1]:{}", port_.number());
        }
        return address(name);
    }
    [[nodiscard]] bool is_unix() const { return kind_.starts_with("unixgram"); }

private:
    std::string kind_;
    TempDir directory_;
    ReservedPort port_;
};

/// An address below `directory` that fills the 108 bytes of a sockaddr_un: unix(7).
inline std::string full_address(std::string const& form, TempDir const& directory) {
    std::string address = form + directory / "p";
    std::size_t const most = std::string_view("unixgram:").size() + 108;
    address.resize(std::max(address.size(), most), 'p');
    return address;
}

inline ServerProcess start(std::string const& address, std::vector<std::string> arguments = {},
                           ServerSetup setup = {}) {
    arguments.push_back(address);
    return ServerProcess::start(std::move(arguments), std::move(setup));
}

inline ServerProcess start_stalled(std::string const& address,
                                   std::vector<std::string> arguments = {}) {
    ServerSetup setup;
    setup.out = Stdio::stalled_pipe();
    return start(address, std::move(arguments), std::move(setup));
}

inline void talk(DatagramPeer& peer, std::string_view message,
                 std::string const& answer = ack_line) {
    peer.send(message);
    CHECK(peer.receive() == answer);
}

/// Again, where this machine kept `peer` from reading for so long that it was taken for deaf.
/// Returns how many times that was.
inline std::size_t talk_again(DatagramPeer& peer, std::string_view message) {
    Deadline const deadline;
    std::size_t times = 0;
    do {
        peer.send(message);
        ++times;
    } while (!peer.would_receive_within(std::chrono::seconds(1)) && !deadline.over());
    CHECK(peer.receive() == ack_line);
    peer.take_all();
    return times - 1;
}

/// One message fits into a stalled pipe, and is acked; two do not.
inline std::string large(char c) {
    return std::string(40'000, c);
}

/// Returns when the server has received something that its stalled output does not take.
inline void stall(ServerProcess& server, DatagramPeer& peer, std::string const& answer = ack_line) {
    talk(peer, large('a'), answer);
    peer.send(large('b'));
    eventually("the second message is received", [&] { return server.counter("messages") == 2; });
}

}  // namespace roger::test
