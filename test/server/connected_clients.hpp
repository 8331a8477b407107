// Peers of a server in every state that a coroutine of its can wait in.
#pragma once

#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/embedded.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/deadline.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"

#include <chrono>
#include <optional>

namespace roger::test {

/// Connections and a datagram sender in every state that a coroutine of a server can wait in.
class ConnectedClients {
public:
    /// Of a server with stream and datagram address, a limit of 3, and a handler that keeps `wait`.
    explicit ConnectedClients(Server const& server) {
        idle_.emplace(Peer::connect(address_of(server, 0)));
        talk(*idle_, "hello");
        begun_.emplace(Peer::connect(address_of(server, 0)));
        begun_->send("unfinished");
        waiting_.emplace(Peer::connect(address_of(server, 0)));
        waiting_->send("wait\n");
        eventually("all are there", [&] { return server.counters().messages == 2; });
        newcomer_.emplace(Peer::connect(address_of(server, 0)));
        sender_.emplace(DatagramPeer::to(address_of(server, 1)));
        sender_->send("there is no permit for it");
        talk(*idle_, "by now the loop has seen the others");
    }

    Peer& idle() { return *idle_; }
    Peer& waiting() { return *waiting_; }

    void wait_for_end() {
        idle_->wait_for_end();
        begun_->wait_for_end();
    }

private:
    std::optional<Peer> idle_;
    std::optional<Peer> begun_;
    std::optional<Peer> waiting_;
    std::optional<Peer> newcomer_;
    std::optional<DatagramPeer> sender_;
};

inline ServerOptions for_connected_clients(TempDir const& directory) {
    ServerOptions options = at({"unix:" + directory / "s", "unixgram:" + directory / "d"});
    options.limit = 3;
    return options;
}

inline Task<void> keep_those_that_wait(Batch const& batch) {
    if ((*batch.begin()).text == "wait") {
        co_await pass_time(std::chrono::hours(24));
    }
}

}  // namespace roger::test
