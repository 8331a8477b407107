// How a server with --to starts where JetStream cannot answer yet.
#include "support/answers.hpp"
#include "support/nats.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/publishing.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Without a majority no stream can be made.
struct WithoutMajority {
    WithoutMajority() {
        cluster.node(1).kill();
        cluster.node(2).kill();
    }

    [[nodiscard]] std::vector<std::string> arguments() const {
        return {"--to", cluster.url("LOG"), "--create-stream", "127.0.0.1:0"};
    }

    NatsCluster cluster;
};

}  // namespace

TEST_CASE("A server waits at its start for JetStream to have a leader, until it is told to end",
          "[stream][cluster][system]") {
    need_nats();
    WithoutMajority scene;
    Process told(server_launch(scene.arguments()));
    Process waiting(server_launch(scene.arguments()));
    told.err().read_until(trying_again);
    CHECK(told.terminate() == Exit::by(SIGTERM));

    waiting.err().read_until(trying_again);
    scene.cluster.node(0).kill();
    waiting.err().read_until("lost the connection to NATS server ");
    for (std::size_t index = 0; index != NatsCluster::size(); ++index) {
        scene.cluster.node(index).start();
    }
    waiting.err().read_until("acknowledged = stored in the stream LOG by 2 of 3 servers (R3); ");
    waiting.err().read_line();
    Peer peer = Peer::connect(announced(waiting));
    talk(peer, "stored");
    CHECK(waiting.terminate() == Exit::with(0));
}

TEST_CASE("A server whose JetStream has no leader for 30 s says so and ends",
          "[.soak][stream][cluster][system]") {
    need_nats();
    WithoutMajority const scene;
    Run const ended = run(server_launch(scene.arguments()), {}, 2min);
    CHECK(ended.exit == Exit::with(1));
    CHECK_THAT(ended.err, ContainsSubstring(trying_again));
    CHECK_THAT(ended.err, ContainsSubstring("server: " + scene.cluster.url("LOG") + ": STREAM."));
}
