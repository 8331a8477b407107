// A stream that is read while it is published to, or changed, or full.
#include "stream/stream_config.hpp"
#include "support/answers.hpp"
#include "support/load_process.hpp"
#include "support/nats.hpp"
#include "support/peer.hpp"
#include "support/publishing.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A client of a server whose stream comes to take shorter messages, or longer ones again.
struct LimitedStream {
    /// In bytes; -1: as many as the NATS server takes.
    void limit_messages(int most) {
        nlohmann::json config = reader.info("LOG").at("config");
        config["max_msg_size"] = most;
        REQUIRE_FALSE(reader.request("$JS.API.STREAM.UPDATE.LOG", config.dump(), default_deadline)
                          ->contains("error"));
    }

    NatsServer nats;
    ServerProcess server = start_publishing(publishing(nats, {"--publish-timeout", "5s"}));
    Peer peer = client_with_ack(server);
    NatsReader reader{nats};
};

}  // namespace

TEST_CASE("A stream that is full makes the server refuse, and goes on when there is room (P7)",
          "[stream][system]") {
    need_nats();
    NatsServer const nats;
    NatsReader reader(nats);
    nlohmann::json config = roger::new_stream_config("LOG", "LOG", 1);
    config["max_msgs"] = 1;
    reader.create_stream(config);
    auto server = start_publishing(publishing(nats, {"--publish-timeout", "5s"}));
    Peer peer = client_with_ack(server);
    check_cannot_store(peer, "second");
    server.process().err().read_until("error: cannot store: ");
    reader.request("$JS.API.STREAM.PURGE.LOG");
    talk(peer, "third");
    CHECK(server.counter("handler_failed") == 1);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A recreated stream that could lose what is acknowledged is not published to",
          "[stream][system]") {
    need_nats();
    NatsServer const nats;
    auto server = start_publishing(publishing(nats, {"--publish-timeout", "10s"}));
    Peer peer = client_with_ack(server);
    NatsReader reader(nats);
    REQUIRE(reader.request("$JS.API.STREAM.DELETE.LOG", "", default_deadline));
    nlohmann::json config = roger::new_stream_config("LOG", "LOG", 1);
    config["storage"] = "memory";
    reader.create_stream(config);
    check_cannot_store(peer, "not stored");
    server.process().err().read_until("error: cannot store: it keeps its messages in memory");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A NATS server that takes only shorter messages than before gets these",
          "[stream][system]") {
    need_nats();
    NatsServer nats;
    auto server = start_publishing(publishing(nats, {"--publish-timeout", "5s"}));
    Peer peer = client_with_ack(server);
    nats.reload("max_payload: 8KB");
    check_cannot_store(peer, std::string(20'000, 'x'));
    server.process().err().read_until("warning: lost the connection to NATS server ");
    send_until_stored(peer, "short");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A stream that takes only shorter messages than before gets these", "[stream][system]") {
    need_nats();
    LimitedStream scene;
    scene.limit_messages(2000);
    check_cannot_store(scene.peer, std::string(5000, 'x'));
    scene.server.process().err().read_until(
        "error: refused: a record is longer than the 1488 bytes that the stream takes at most now, "
        "beside a message's headers: raise its max_msg_size");
    constexpr std::size_t messages = 50;
    scene.peer.send(times(messages, std::string(200, 'y') + '\n'));
    CHECK(scene.peer.receive_exactly(messages * ack_line.size()) == times(messages, ack_line));
    CHECK(scene.server.stop() == Exit::with(0));
}

TEST_CASE("A stream that takes longer messages again gets these", "[stream][system]") {
    need_nats();
    LimitedStream scene;
    // The second is too little for any message.
    for (int const most : {2000, 100}) {
        CAPTURE(most);
        scene.limit_messages(most);
        check_cannot_store(scene.peer, std::string(5000, 'x'));
        scene.limit_messages(-1);
        talk(scene.peer, std::string(5000, 'x'));
    }
    CHECK(scene.server.stop() == Exit::with(0));
}

TEST_CASE("The stream's own message that others have expired is not taken for somebody else's",
          "[stream][system]") {
    need_nats();
    NatsServer const nats;
    NatsReader reader(nats);
    nlohmann::json config = roger::new_stream_config("LOG", "LOG", 1);
    config["max_age"] = std::chrono::nanoseconds(2s).count();
    config["subject_delete_marker_ttl"] = std::chrono::nanoseconds(1h).count();
    reader.create_stream(config);
    auto server = start_publishing(publishing(nats));
    Peer peer = client_with_ack(server);
    eventually("the block has expired", [&] {
        auto const last =
            reader.request("$JS.API.STREAM.MSG.GET.LOG", R"({"last_by_subj":"LOG.me.0"})");
        return last && last->value("message", nlohmann::json::object()).value("data", "").empty();
    });
    talk(peer, "stored behind it");
    CHECK(server.stop() == Exit::with(0));
    CHECK_THAT(server.process().err().seen(), !ContainsSubstring("somebody else"));
}
