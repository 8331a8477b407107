// Handlers that end on other threads than their client's loop.
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/flood.hpp"
#include "support/peer.hpp"
#include "support/running_server.hpp"

#include <asio/bind_executor.hpp>
#include <asio/deferred.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace roger::test {
namespace {

/// Ends on a thread of the pool, and refuses there a batch with a message `refuse`.
Handler ending_on(asio::thread_pool& pool) {
    return [&pool](Batch const& batch) -> Task<void> {
        co_await asio::post(asio::bind_executor(pool, asio::deferred));
        for (std::string_view const message : batch) {
            if (message == "refuse") {
                throw Refused("as told");
            }
        }
    };
}

}  // namespace

TEST_CASE("A handler that ends on another thread is answered on its loop's",
          "[server][concurrency]") {
    asio::thread_pool pool(4);
    RunningServer running({}, ending_on(pool));
    Flood flood(running.address(), {.clients = 20});
    flood.run_until_acked(5000);
    flood.finish();
    flood.run_until_ended();
    for (std::size_t client = 0; client != flood.clients(); ++client) {
        CHECK(flood.acked(client) == flood.sent(client));
        CHECK(flood.last_words(client).empty());
    }
    Peer peer = Peer::connect(running.address());
    peer.send("refuse\n");
    CHECK(peer.receive_line() == "error: as told");
    CHECK(running.stop().success());
}

TEST_CASE("A datagram's handler may end on another thread too", "[server][concurrency]") {
    asio::thread_pool pool(2);
    RunningServer running(at({"udp:127.0.0.1:0"}), ending_on(pool));
    DatagramPeer peer = DatagramPeer::to(running.address());
    for (int i = 0; i != 100; ++i) {
        peer.send("kept");
        CHECK(peer.receive() == ack_line);
        peer.send("refuse");
        CHECK(peer.receive() == "error: as told\n");
    }
    CHECK(running.stop().success());
}

}  // namespace roger::test
