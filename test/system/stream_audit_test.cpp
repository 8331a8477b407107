// load --audit of a stream: what it finds, and how it waits for NATS.
#include "stream/stream_config.hpp"
#include "support/answers.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/nats.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/publishing.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;

TEST_CASE("load --audit finds in the stream what the server has acknowledged",
          "[stream][load][system]") {
    need_nats();
    NatsServer const nats;
    auto server = start_publishing(publishing(nats, {"--threads", "2"}));
    auto const test = [&](std::vector<std::string> const& more) {
        std::vector<std::string> arguments = {"--messages", "2000",    "--clients",
                                              "8",          "--audit", url(nats)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        arguments.push_back(server.address());
        return run(load_launch(arguments));
    };
    Run const sound = test({});
    CHECK(sound.exit == Exit::with(0));
    CHECK_THAT(sound.out, ContainsSubstring("audit of nats://"));
    // What was there before the run is not the run's.
    CHECK(test({}).exit == Exit::with(0));
    // In JSON it stands as Base64.
    CHECK(test({"--message", "no UTF-8: \xff {message}"}).exit == Exit::with(0));
    CHECK(server.stop() == Exit::with(0));

    // One that acknowledges, and stores elsewhere.
    auto liar = ServerProcess::start({"127.0.0.1:0"});
    Run const found = run(load_launch({"--messages", "100", "--audit", url(nats), liar.address()}));
    CHECK(found.exit == Exit::with(1));
    CHECK(liar.stop() == Exit::with(0));
}

// Whichever comes first by name.
TEST_CASE("load --audit reads the streams of all servers", "[stream][load][system]") {
    need_nats();
    NatsServer const nats;
    NatsReader reader(nats);
    for (std::string const name : {"a", "b"}) {
        nlohmann::json config = roger::new_stream_config("OF_" + name, "LOG", 1);
        config["subjects"] = {"LOG." + name + ".>"};
        reader.create_stream(config);
    }
    for (std::string const name : {"a", "b"}) {
        CAPTURE(name);
        auto server = start_publishing({"--to", url(nats), "--server-name", name, "127.0.0.1:0"});
        Run const sound =
            run(load_launch({"--messages", "100", "--audit", url(nats), server.address()}));
        CAPTURE(sound.out, sound.err);
        CHECK(sound.exit == Exit::with(0));
        CHECK(server.stop() == Exit::with(0));
    }
}

TEST_CASE("load waits for JetStream before it tests what is audited, until it is told to end",
          "[stream][cluster][load][system]") {
    need_nats();
    NatsCluster cluster;
    NatsReader(cluster.node(0)).create_stream(roger::new_stream_config("LOG", "LOG", 3));
    cluster.make_leader("LOG", 1);
    cluster.node(1).kill();
    cluster.node(2).kill();
    Listener const never_sent_to("tcp:127.0.0.1:0");
    Process load(load_launch({"--audit", cluster.url("LOG"), never_sent_to.address()}));
    load.err().read_until(trying_again);
    load.signal(SIGINT);
    CHECK(load.wait_for_exit() == Exit::by(SIGINT));
}

TEST_CASE("While load's audit waits for NATS, a signal ends it, and what was measured is reported",
          "[stream][load][system]") {
    need_nats();
    NatsServer nats;
    NatsReader(nats).create_stream(roger::new_stream_config("LOG", "LOG", 1));
    Listener listener("tcp:127.0.0.1:0");
    LoadProcess finished({"--messages", "1", "--audit", url(nats), listener.address()});
    Peer peer = listener.accept();
    peer.receive_line();
    LineServer server({.delays = {5ms}});
    LoadProcess interrupted({"--duration", "1h", "--audit", url(nats), server.address()});
    server.wait_for_messages(1);
    nats.kill();
    peer.send(ack_line);
    interrupted.signal(SIGINT);
    for (LoadProcess* const load : {&finished, &interrupted}) {
        load->process().err().read_until(trying_again);
        load->signal(SIGINT);
        LoadResult const result = load->result();
        CAPTURE(result.out, result.err);
        CHECK(result.exit == Exit::with(3));
        CHECK_THAT(result.err, EndsWith("load: --audit " + url(nats) +
                                        ": interrupted before all of it was read\n"));
        CHECK(result.outcome("acked") > 0);
        CHECK(result.report.at("audit").is_null());
    }
}

TEST_CASE("load's audit of a stream that has gone says so at once", "[stream][load][system]") {
    need_nats();
    NatsServer const nats;
    NatsReader reader(nats);
    reader.create_stream(roger::new_stream_config("LOG", "LOG", 1));
    Listener listener("tcp:127.0.0.1:0");
    LoadProcess load({"--messages", "1", "--audit", url(nats), listener.address()});
    Peer peer = listener.accept();
    peer.receive_line();
    REQUIRE(reader.request("$JS.API.STREAM.DELETE.LOG", "", default_deadline));
    peer.send(ack_line);
    LoadResult const result = load.result();
    CHECK(result.exit == Exit::with(3));
    CHECK(result.err == "load: " + url(nats) + ": stream not found\n");
}

TEST_CASE("load's audit reads a stream that was recreated meanwhile from its beginning",
          "[stream][load][system]") {
    need_nats();
    NatsServer const nats;
    auto server = start_publishing(publishing(nats, {"--publish-timeout", "1min"}));
    // So far that the new one's numbers are lower.
    CHECK(run(load_launch({"--messages", "100", "--clients", "1", server.address()})).exit ==
          Exit::with(0));
    LoadProcess load({"--duration", "1h", "--rate", "20", "--clients", "1", "--audit", url(nats),
                      server.address()});
    eventually("it is under way", [&] { return server.counter("acknowledged") > 100; });
    NatsReader reader(nats);
    reader.create_stream(roger::new_stream_config("LOG", "LOG", 1));
    eventually("something is stored in the new one",
               [&] { return reader.info("LOG").at("state").at("messages") > 0; });
    load.signal(SIGINT);
    LoadResult const result = load.result();
    CAPTURE(result.out, result.err);
    CHECK(result.audited("written") > 0);
    CHECK(server.stop() == Exit::with(0));
}
