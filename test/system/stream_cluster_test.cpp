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
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::size_t clients_of_each = 4;
std::string const cannot_store_told = "error: cannot store: ";

/// Two servers that publish to one stream with three replicas, and their clients.
struct Scene {
    /// Whose machines have the NATS servers; null: all is on loopback.
    explicit Scene(StarNetwork const* network_or_none)
        : network(network_or_none), cluster(network_or_none) {}

    StarNetwork const* network;
    NatsCluster cluster;
    std::optional<ServerProcess> one = publishing("one");
    ServerProcess two = publishing("two");
    Flood first{one->address(), {.clients = clients_of_each}};
    Flood second{two.address(), {.clients = clients_of_each}};

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

    /// ... and what it had acknowledged stays.
    void kill_one() {
        one->signal(SIGKILL);
        first.run_until_ended();
    }

    /// Its successor goes on in its subject.
    void restart_one() {
        kill_one();
        one.emplace(publishing("one"));
        first.connect(one->address(), clients_of_each);
    }

    /// Until each of the two has said so often more that it cannot store.
    void run_until_told(std::size_t times) {
        std::size_t const end_of_one = times_told(*one, cannot_store_told) + times;
        std::size_t const end_of_two = times_told(two, cannot_store_told) + times;
        for (Deadline const deadline; times_told(*one, cannot_store_told) < end_of_one ||
                                      times_told(two, cannot_store_told) < end_of_two;) {
            if (deadline.over()) {
                throw Failure("a server that cannot store does not say so");
            }
            run_for(100ms);
        }
    }

    /// By then the acks have come that were under way when the cluster lost its majority.
    void check_nothing_is_acked() {
        run_until_told(2);
        std::size_t const acked = first.all_acked() + second.all_acked();
        run_until_told(3);
        CHECK(first.all_acked() + second.all_acked() == acked);
    }

    /// One server is killed; the other ends when told.
    void end() {
        kill_one();
        second.finish();
        second.run_until_ended();
        CHECK(two.stop() == Exit::with(0));
    }

    /// What was acknowledged is there, on each node, once and in order.
    void check() {
        cluster.wait_until_current("LOG");
        for (std::size_t node = 0; node != NatsCluster::size(); ++node) {
            CAPTURE(node);
            auto const blocks = cluster.blocks_of("LOG", node);
            std::set<std::string> ids;
            for (StoredBlock const& block : blocks) {
                REQUIRE(ids.insert(block.id).second);
            }
            check_acked(first, records_of(blocks, "LOG.one."));
            check_acked(second, records_of(blocks, "LOG.two."));
        }
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
    Fault{"two are killed, and there is no majority",
          [](Scene& scene, std::size_t node) {
              scene.cluster.node(node).kill();
              scene.cluster.node(next_to(node)).kill();
              scene.run_for(1s);
              scene.cluster.node(node).start();
              scene.cluster.node(next_to(node)).start();
          }},
    Fault{"those that follow are killed, and without a majority nothing may be acknowledged",
          [](Scene& scene, std::size_t) {
              std::size_t const leader = scene.cluster.leader_of("LOG");
              std::size_t const follower = next_to(leader);
              scene.cluster.node(follower).kill();
              scene.cluster.node(next_to(follower)).kill();
              scene.check_nothing_is_acked();
              scene.cluster.node(follower).start();
              scene.cluster.node(next_to(follower)).start();
          }},
    Fault{"another leads",
          [](Scene& scene, std::size_t) {
              scene.cluster.make_leader("LOG", next_to(scene.cluster.leader_of("LOG")));
              scene.run_for(1s);
          }},
    Fault{"a server of ours is killed, and started again",
          [](Scene& scene, std::size_t) { scene.restart_one(); }},
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

/// Rounds of faults that are drawn, all that can be had here.
class RandomFaults {
public:
    RandomFaults() {
        if (StarNetwork::why_not().empty()) {
            network_.emplace(NatsCluster::size());
            faults_.push_back(leader_cut_off);
        }
    }

    /// Returns the longest pause between two acks.
    Duration check_round(int number_of_faults) {
        CAPTURE(seed_);
        Scene scene(network_ ? &*network_ : nullptr);
        scene.run_until_more(500);
        for (int number = 0; number != number_of_faults; ++number) {
            Fault const& fault = faults_[below(faults_.size())];
            std::size_t const node = below(NatsCluster::size());
            CAPTURE(number, fault.name, node);
            fault.happen(scene, node);
            scene.run_until_more(500);
        }
        scene.end();
        scene.check();
        return std::max(scene.first.longest_pause(), scene.second.longest_pause());
    }

private:
    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }

    std::optional<StarNetwork> network_;
    std::vector<Fault> faults_{faults_anywhere.begin(), faults_anywhere.end()};
    std::uint32_t seed_ = std::random_device{}();
    std::mt19937 random_{seed_};
};

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
    server.process().err().read_until("connected again, to NATS server ");
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

TEST_CASE("Two rounds of random faults lose nothing that was acknowledged (P1)",
          "[stream][cluster][system]") {
    need_nats();
    RandomFaults faults;
    for (int round = 0; round != 2; ++round) {
        CAPTURE(round);
        faults.check_round(1);
    }
}

TEST_CASE("Twenty rounds of random faults lose nothing that was acknowledged (P1)",
          "[.soak][stream][cluster][system]") {
    need_nats();
    RandomFaults faults;
    for (int round = 0; round != 20; ++round) {
        CAPTURE(round);
        Duration const pause = faults.check_round(6);
        WARN(fmt::format("round {}: the longest pause between two acks was {}", round, pause));
    }
}

TEST_CASE(
    "A stream is made with three replicas, and what an ack means is told, also when that changes",
    "[stream][cluster][system]") {
    need_nats();
    NatsCluster cluster;
    auto server =
        start_publishing({"--to", cluster.url("LOG"), "--create-stream", "--stream", "LOG",
                          "--server-name", "me", "--publish-timeout", "5min", "127.0.0.1:0"});
    CHECK_THAT(
        server.process().err().seen(),
        ContainsSubstring("acknowledged = stored in the stream LOG by 2 of 3 servers (R3); on disk "
                          "by then if the NATS servers have sync_interval: always\nlistening on "));
    NatsReader reader(cluster.node(0));
    nlohmann::json config = reader.info("LOG").at("config");
    CHECK(config.at("num_replicas") == 3);
    CHECK(config.at("storage") == "file");
    CHECK(config.at("discard") == "new");
    for (char const* const limit : {"max_msgs", "max_bytes", "max_msg_size"}) {
        CHECK(config.at(limit) == -1);
    }
    Peer peer = Peer::connect(server.address());
    talk(peer, "stored by two of three");

    config["num_replicas"] = 1;
    eventually("there is one replica", [&] {
        reader.request("$JS.API.STREAM.UPDATE.LOG", config.dump());
        return reader.info("LOG").at("config").at("num_replicas") == 1;
    });
    eventually("the subject ends elsewhere",
               [&] { return reader.request("LOG.me.0", "somebody else's").has_value(); });
    talk(peer, "stored by one");
    server.process().err().read_until(
        "warning: the stream has another number of replicas now: acknowledged = stored in the "
        "stream LOG by 1 server (R1: not replicated); ");
    CHECK(server.stop() == Exit::with(0));
}

// It builds nothing, and takes the programs that are tested here.
TEST_CASE("script/cluster-demo shows that what was acknowledged is in the stream",
          "[.soak][stream][cluster][system]") {
    need_nats();
    Run const shown =
        run({.program = "/bin/bash",
             .arguments = {ROGER_CLUSTER_DEMO, ROGER_PROGRAMS, NatsServer::program()}},
            {}, 10min);
    CAPTURE(shown.out, shown.err);
    CHECK(shown.exit == Exit::with(0));
    CHECK_THAT(shown.out, ContainsSubstring("audit of nats://"));
}
