// server --to: acknowledged means stored in a stream of JetStream's.
#include "stream/stream_config.hpp"
#include "support/answers.hpp"
#include "support/files.hpp"
#include "support/flood.hpp"
#include "support/load_process.hpp"
#include "support/nats.hpp"
#include "support/peak_memory.hpp"
#include "support/peer.hpp"
#include "support/publishing.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// Each block of this server's once, in its order.
void check_ids(std::vector<StoredBlock> const& blocks) {
    std::set<std::string> ids;
    for (StoredBlock const& block : blocks) {
        CHECK(ids.insert(block.id).second);
    }
}

}  // namespace

TEST_CASE("With --to, what is acknowledged is in the stream, as JSON (P1)", "[stream][system]") {
    need_nats();
    NatsServer const nats;
    auto server = start_publishing(publishing(nats));
    Peer peer = Peer::connect(server.address());
    peer.send("cheerios\na \"quoted\" one\n");
    CHECK(peer.receive_exactly(2 * ack_line.size()) == times(2, ack_line));
    auto const lines = split_lines(records_of(NatsReader(nats).blocks("LOG"), "LOG.me.0"));
    REQUIRE(lines.size() == 2);
    nlohmann::json const first = nlohmann::json::parse(lines[0]);
    CHECK(first.at("message") == "cheerios");
    CHECK(first.at("server") == "me");
    CHECK(first.at("from") == peer.local_address());
    CHECK(first.contains("time"));
    CHECK(nlohmann::json::parse(lines[1]).at("message") == "a \"quoted\" one");
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output().empty());
}

TEST_CASE("The server says what its acknowledgement means", "[stream][system]") {
    need_nats();
    NatsServer const nats;
    auto server = start_publishing(publishing(nats));
    CHECK_THAT(
        server.process().err().seen(),
        StartsWith(
            "acknowledged = stored in the stream LOG by 1 server (R1: not replicated); "
            "on disk by then if the NATS servers have sync_interval: always\nlistening on "));
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A stream that could lose what is acknowledged is not published to", "[stream][system]") {
    need_nats();
    NatsServer const nats;
    NatsReader reader(nats);
    for (auto const& [name, change, fault] :
         std::vector<std::tuple<std::string, nlohmann::json, std::string>>{
             {"A", {{"storage", "memory"}}, "in memory"},
             {"B", {{"retention", "workqueue"}}, "workqueue"},
             {"C", {{"max_bytes", 100'000}, {"discard", "old"}}, "max_bytes=100000"},
             {"D", {{"max_msgs_per_subject", 10}}, "max_msgs_per_subject"},
             {"E", {{"no_ack", true}}, "no_ack"}}) {
        CAPTURE(name);
        nlohmann::json config = roger::new_stream_config(name, name, 1);
        config.update(change);
        reader.create_stream(config);
        Run const ended =
            refused({"--to", "nats://" + nats.host_and_port() + "/" + name, "127.0.0.1:0"});
        CHECK(ended.exit == Exit::with(1));
        CHECK_THAT(ended.err, StartsWith("server: the stream '" + name + "' of nats://"));
        CHECK_THAT(ended.err, ContainsSubstring(fault));
    }
}

TEST_CASE("What is missing for --to is said, with the remedy", "[stream][system]") {
    need_nats();
    NatsServer const nats;
    RefusingAddress const nobody;
    std::string const nobody_there = nobody.address().substr(4);

    Run const no_stream = refused({"--to", url(nats), "--server-name", "me", "127.0.0.1:0"});
    CHECK(no_stream.exit == Exit::with(1));
    CHECK(no_stream.err ==
          fmt::format("server: no stream of {} takes LOG.{}.0: --create-stream makes one\n",
                      url(nats), "me"));

    Run const no_cluster = refused({"--to", url(nats), "--create-stream", "127.0.0.1:0"});
    CHECK(no_cluster.exit == Exit::with(1));
    CHECK_THAT(no_cluster.err,
               ContainsSubstring("replicas > 1 not supported in non-clustered mode: "
                                 "--create-stream=1 makes a stream that is not replicated"));

    Run const no_server = refused({"--to", "nats://" + nobody_there + "/LOG", "127.0.0.1:0"});
    CHECK(no_server.exit == Exit::with(1));
    CHECK_THAT(no_server.err,
               StartsWith("server: cannot connect to nats://" + nobody_there + "/LOG: "));

    NatsReader(nats).create_stream(roger::new_stream_config("OTHER", "LOG", 1));
    Run const other = refused({"--to", url(nats), "--stream", "MINE", "127.0.0.1:0"});
    CHECK(other.exit == Exit::with(1));
    CHECK(other.err == "server: --stream 'MINE': the subject LOG." + std::string() +
                           other.err.substr(other.err.find("LOG.") + 4));
    CHECK_THAT(other.err, ContainsSubstring("belongs to the stream 'OTHER'"));
}

TEST_CASE("Event loops whose subjects belong to different streams are refused",
          "[stream][system]") {
    need_nats();
    NatsServer const nats;
    NatsReader reader(nats);
    for (std::string const loop : {"0", "1"}) {
        nlohmann::json config = roger::new_stream_config("OF" + loop, "LOG", 1);
        config["subjects"] = {"LOG.me." + loop};
        reader.create_stream(config);
    }
    Run const ended =
        refused({"--to", url(nats), "--server-name", "me", "--threads", "2", "127.0.0.1:0"});
    CHECK(ended.exit == Exit::with(1));
    CHECK(ended.err ==
          "server: the subject LOG.me.0 belongs to the stream 'OF0', and LOG.me.1 to 'OF1': one "
          "stream has to take all of LOG.me.>\n");
}

TEST_CASE("Options of --to that cannot be are refused", "[stream][system]") {
    for (auto const& [arguments, sentence] :
         std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"--to", "h1/LOG", "0"}, "--to: it begins with neither nats:// nor tls://"},
             {{"--to", "nats://h1", "0"}, "--to: the subject is missing"},
             {{"--stream", "LOG", "0"}, "--stream requires --to"},
             {{"--to", "nats://h1/LOG", "--create-stream=2", "0"}, "--create-stream=2: write"},
             {{"--to", "nats://h1/LOG", "--server-name", "a.b", "0"},
              "--server-name: 'a.b' is no name"},
             {{"--to", "nats://h1/LOG", "--sync", "0"}, "--sync: it syncs standard output"},
             {{"--to", "nats://h1/LOG", "--show", "raw", "0"}, "--show: raw: with --to"},
             {{"--to", "nats://h1/LOG", "--tlscert", "/dev/null", "0"},
              "--tlscert requires --tlskey"},
             {{"--to", "nats://h1/LOG", "--creds", "/none", "0"},
              "--creds: File does not exist: /none"}}) {
        CAPTURE(arguments);
        Run const ended = refused(arguments);
        CHECK(ended.exit == Exit::with(2));
        CHECK_THAT(ended.err, StartsWith("server: " + sentence));
    }
}

TEST_CASE("A message that could become too long a record is refused at the start",
          "[stream][system]") {
    need_nats();
    NatsServer const nats;
    Run const ended = refused(publishing(nats, {"--max-message", "1MiB"}));
    CHECK(ended.exit == Exit::with(2));
    CHECK_THAT(ended.err,
               StartsWith("server: --max-message: a message of 1048576 bytes can become"));
}

TEST_CASE("A NATS server that is killed and comes back has all that was acknowledged, once (P1)",
          "[stream][system]") {
    need_nats();
    NatsServer nats;
    auto server = start_publishing(
        publishing(nats, {"--publish-timeout", "5min", "--message-timeout", "none",
                          "--write-timeout", "none", "--show", "text", "--threads", "2"}));
    Flood flood(server.address(), {});
    std::size_t acks = 0;
    for (int round = 0; round != 3; ++round) {
        acks = flood.all_acked();
        flood.run_until_acked(acks + 1000);
        nats.kill();
        flood.run_for(100ms);
        nats.start();
    }
    flood.run_until_acked(flood.all_acked() + 1000);
    flood.finish();
    flood.run_until_ended();
    CHECK(server.stop() == Exit::with(0));
    auto const blocks = NatsReader(nats).blocks("LOG");
    check_ids(blocks);
    require_acked_is_displayed(flood,
                               records_of(blocks, "LOG.me.0") + records_of(blocks, "LOG.me.1"));
}

TEST_CASE("While nothing can be stored the server answers at the limit, counts, and ends when told",
          "[stream][system]") {
    need_nats();
    NatsServer const nats;
    auto server =
        start_publishing(publishing(nats, {"--limit", "1", "--when-full", "refuse",
                                           "--publish-timeout", "none", "--drain-timeout", "2s"}));
    Peer peer = client_with_ack(server);
    Suspended const stopped(nats.id());
    peer.send("not stored\n");
    server.process().err().read_until("error: cannot store: ");
    CHECK(Peer::connect(server.address()).receive_all() == "error: busy\n");
    CHECK(server.counter("acknowledged") == 1);
    server.signal(SIGTERM);
    CHECK(peer.receive_all() == cannot_store_line);
    CHECK(server.wait_for_exit() == Exit::with(1));
}

TEST_CASE("A second signal does not wait for the stream (P8)", "[stream][system]") {
    need_nats();
    NatsServer const nats;
    auto server = start_publishing(
        publishing(nats, {"--publish-timeout", "none", "--drain-timeout", "none"}));
    Peer peer = client_with_ack(server);
    Suspended const stopped(nats.id());
    peer.send("not stored\n");
    server.process().err().read_until("error: cannot store: ");
    signal_until_it_ends(server, SIGTERM);
    CHECK(server.wait_for_exit() == Exit::with(1));
}

TEST_CASE(
    "While nothing can be stored its senders are held back, and the server needs no more memory",
    "[stream][system]") {
    need_nats();
    NatsServer const nats;
    auto server =
        start_publishing(publishing(nats, {"--publish-timeout", "none", "--message-timeout", "none",
                                           "--write-timeout", "none", "--show", "text"}));
    Flood flood(server.address(),
                {.clients = 16, .message_bytes = 1000, .sockets = {.send_buffer = 65536}});
    flood.run_until_acked(1000);
    {
        Suspended const stopped(nats.id());
        flood.run("the server to say that it cannot store",
                  [&] { return times_told(server, "error: cannot store: ") > 0; });
        for (std::size_t begun = 0; begun != flood.all_begun();) {
            begun = flood.all_begun();
            flood.run_for(1s);
        }
        if constexpr (!sanitized) {
            CHECK(peak_memory(server.id()) < 64 * 1024 * 1024);
        }
    }
    flood.run_until_acked(flood.all_begun());
    flood.finish();
    flood.run_until_ended();
    CHECK(server.stop() == Exit::with(0));
    require_acked_is_displayed(flood, records_of(NatsReader(nats).blocks("LOG"), "LOG.me.0"));
}

TEST_CASE("Two servers of one name are told", "[stream][system]") {
    need_nats();
    NatsServer const nats;
    auto one = start_publishing(publishing(nats));
    auto other = start_publishing(publishing(nats));
    Peer first = Peer::connect(one.address());
    Peer second = Peer::connect(other.address());
    for (int round = 0; round != 2; ++round) {
        talk(first, "one");
        talk(second, "other");
    }
    one.process().err().read_until("warning: somebody else publishes as me too: give each server");
    CHECK(one.stop() == Exit::with(0));
    CHECK(other.stop() == Exit::with(0));
}
