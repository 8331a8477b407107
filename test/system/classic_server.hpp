// What the tests of the tutorial's own servers share.
#pragma once

#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace roger::test {

inline std::string const tcp_address = "127.0.0.1:0";
inline std::string const tcp_ack = "I got your message";
inline std::string const unix_ack = "I got your message\n";
inline std::string const udp_ack = "Got your message\n";

/// Such a server says where it listens only if it has chosen a port itself.
inline ServerProcess classic_server(std::string const& address,
                                    std::string const& option = "--classic",
                                    ServerSetup setup = {}) {
    setup.addresses = address.starts_with("unix") ? 0 : 1;
    auto server = ServerProcess::start({option, address}, std::move(setup));
    if (address.starts_with("unix:")) {
        eventually("it listens",
                   [&] { return std::filesystem::exists(address.substr(address.find('/'))); });
    }
    return server;
}

inline Peer connected(ServerProcess const& server) {
    return Peer::connect(server.address());
}

/// For a server that does not say when it listens: its socket's file is there before that.
inline Peer connected_at(std::string const& address) {
    std::optional<Peer> peer;
    eventually("it listens", [&] {
        try {
            peer.emplace(Peer::connect(address));
        } catch (Failure const&) {
            return false;
        }
        return true;
    });
    return std::move(*peer);
}

}  // namespace roger::test
