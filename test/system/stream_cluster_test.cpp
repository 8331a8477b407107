// Three NATS servers and two of ours: whatever is killed, what was acknowledged is in the stream.
#include "support/answers.hpp"
#include "support/flood.hpp"
#include "support/nats.hpp"
#include "support/peer.hpp"
#include "support/publishing.hpp"
#include "support/server_process.hpp"
#include "support/star_network.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// Two servers that publish to one stream with three replicas, and their clients.
struct Scene {
    /// Whose machines have the NATS servers; null: all is on loopback.
    explicit Scene(StarNetwork const* network_or_none)
        : network(network_or_none), cluster(network_or_none) {}

    StarNetwork const* network;
    NatsCluster cluster;
    ServerProcess one = publishing("one");
    ServerProcess two = publishing("two");
    Flood first{one.address(), {.clients = 4}};
    Flood second{two.address(), {.clients = 4}};

    ServerProcess publishing(std::string const& name) const {
        return start_publishing({"--to", cluster.url("LOG"), "--create-stream", "--server-name",
                                 name, "--show", "text", "--publish-timeout", "5min",
                                 "--message-timeout", "none", "--write-timeout", "none",
                                 "127.0.0.1:0"});
    }

    /// Which NATS server one of the two is connected to.
    std::size_t node_of(std::string const& name) {
        std::size_t found = 0;
        eventually(name + " to be connected", [&] {
            for (found = 0; found != NatsCluster::size(); ++found) {
                if (cluster.node(found).has_client("roger " + name)) {
                    return true;
                }
            }
            return false;
        });
        return found;
    }

    /// A little all the time: the more is stored, the longer it takes to read it back.
    void run_for(Duration duration) {
        for (Deadline const end(duration); !end.over();) {
            first.run_for(5ms);
            second.run_for(5ms);
            std::this_thread::sleep_for(40ms);
        }
    }

    /// Both store again, whatever they are waiting for.
    void run_until_more(std::size_t messages) {
        first.run_until_acked(first.all_acked() + messages);
        second.run_until_acked(second.all_acked() + messages);
    }

    /// One server is killed, and what it had acknowledged stays; the other ends when told.
    void end() {
        one.signal(SIGKILL);
        first.run_until_ended();
        second.finish();
        second.run_until_ended();
        CHECK(two.stop() == Exit::with(0));
    }

    /// What was acknowledged is there, once and in order.
    void check() {
        cluster.wait_until_current("LOG");
        auto const blocks = NatsReader(cluster.node(0)).blocks("LOG");
        std::set<std::string> ids;
        for (StoredBlock const& block : blocks) {
            REQUIRE(ids.insert(block.id).second);
        }
        check_acked(first, records_of(blocks, "LOG.one."));
        check_acked(second, records_of(blocks, "LOG.two."));
    }

    static void check_acked(Flood const& flood, std::string const& records) {
        auto const stored = flood.records(records);
        CHECK(stored.others.empty());
        for (std::size_t client = 0; client != flood.clients(); ++client) {
            CAPTURE(client);
            CHECK(flood.acked(client) <= stored.of_client[client]);
        }
    }
};

std::size_t next_to(std::size_t node) {
    return (node + 1) % NatsCluster::size();
}

/// Something that goes wrong with a NATS server, and is put right.
struct Fault {
    std::string_view name;
    void (*happen)(Scene& scene, std::size_t node);
};

constexpr std::array faults_anywhere = {
    Fault{"one is killed",
          [](Scene& scene, std::size_t node) {
              scene.cluster.node(node).kill();
              scene.run_for(1s);
              scene.cluster.node(node).start();
          }},
    Fault{"one stands still, and of what it had received nobody knows",
          [](Scene& scene, std::size_t node) {
              Suspended const stopped(scene.cluster.node(node).id());
              scene.run_for(3s);
          }},
    Fault{"two are killed, and without a majority nothing may be acknowledged",
          [](Scene& scene, std::size_t node) {
              scene.cluster.node(node).kill();
              scene.cluster.node(next_to(node)).kill();
              scene.run_for(1s);
              scene.cluster.node(node).start();
              scene.cluster.node(next_to(node)).start();
          }},
    Fault{"another leads",
          [](Scene& scene, std::size_t node) {
              NatsReader(scene.cluster.node(node)).request("$JS.API.STREAM.LEADER.STEPDOWN.LOG");
              scene.run_for(1s);
          }},
    Fault{"all are killed",
          [](Scene& scene, std::size_t) {
              for (std::size_t index = 0; index != NatsCluster::size(); ++index) {
                  scene.cluster.node(index).kill();
              }
              scene.run_for(500ms);
              for (std::size_t index = 0; index != NatsCluster::size(); ++index) {
                  scene.cluster.node(index).start();
              }
          }},
};

constexpr Fault leader_cut_off = {
    "one is cut off, and goes on as the leader that it was", [](Scene& scene, std::size_t node) {
        scene.network->pull_cable(node);
        scene.run_for(3s);
        for (Deadline const deadline; scene.cluster.leader_of("LOG", next_to(node)) == node;) {
            if (deadline.over()) {
                throw Failure("no other leader was elected");
            }
            scene.run_for(500ms);
        }
        scene.network->plug_cable(node);
    }};

}  // namespace

TEST_CASE("Two servers lose nothing when NATS servers are killed or stand still (P1)",
          "[stream][cluster][system]") {
    need_nats();
    Scene scene(nullptr);
    scene.run_until_more(500);
    for (Fault const& fault : faults_anywhere) {
        CAPTURE(fault.name);
        fault.happen(scene, scene.cluster.leader_of("LOG"));
        scene.run_until_more(500);
    }
    scene.end();
    scene.check();
}

TEST_CASE("NATS servers that were not named are connected to when the one that was is lost",
          "[stream][cluster][system]") {
    need_nats();
    NatsCluster cluster;
    auto server = start_publishing({"--to", "nats://" + cluster.node(0).host_and_port() + "/LOG",
                                    "--create-stream", "--publish-timeout", "5min", "127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    talk(peer, "stored");
    // It goes last, when it no longer knows of the others.
    cluster.node(1).kill();
    cluster.node(2).kill();
    eventually("the one that was named to be alone", [&] { return cluster.node(0).is_alone(); });
    cluster.node(0).kill();
    cluster.node(1).start();
    cluster.node(2).start();
    server.process().err().read_until("connected to NATS again, to server ");
    talk(peer, "stored by two of three");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("Two servers lose nothing when the NATS server that leads is cut off (P1)",
          "[stream][cluster][system]") {
    need_nats();
    need_star_network();
    StarNetwork const network(NatsCluster::size());
    Scene scene(&network);
    scene.run_until_more(500);
    std::size_t asked = 0;
    for (int round = 0; round != 2; ++round) {
        CAPTURE(round);
        std::size_t const leader = scene.cluster.leader_of("LOG", asked);
        leader_cut_off.happen(scene, leader);
        asked = next_to(leader);  // which was not cut off, and knows
        scene.run_until_more(500);
    }
    scene.end();
    scene.check();
}

TEST_CASE("A server whose NATS server is cut off goes on with the others (P1)",
          "[stream][cluster][system]") {
    need_nats();
    need_star_network();
    StarNetwork const network(NatsCluster::size());
    Scene scene(&network);
    scene.run_until_more(500);
    std::size_t const node = scene.node_of("one");
    network.pull_cable(node);
    scene.run_until_more(500);
    network.plug_cable(node);
    scene.end();
    scene.check();
}

TEST_CASE("Twenty rounds of random faults lose nothing that was acknowledged (P1)",
          "[.soak][stream][cluster][system]") {
    need_nats();
    std::vector<Fault> faults(faults_anywhere.begin(), faults_anywhere.end());
    std::optional<StarNetwork> network;
    if (StarNetwork::why_not().empty()) {
        network.emplace(NatsCluster::size());
        faults.push_back(leader_cut_off);
    }
    std::mt19937 random{std::random_device{}()};
    for (int round = 0; round != 20; ++round) {
        Scene scene(network ? &*network : nullptr);
        scene.run_until_more(500);
        auto const below = [&random](std::size_t end) {
            return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
        };
        for (int number = 0; number != 6; ++number) {
            Fault const& fault = faults[below(faults.size())];
            std::size_t const node = below(NatsCluster::size());
            CAPTURE(round, number, fault.name, node);
            fault.happen(scene, node);
            scene.run_until_more(500);
        }
        scene.end();
        scene.check();
    }
}
