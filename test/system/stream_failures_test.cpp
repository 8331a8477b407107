// NATS servers that let a server wait, hang up on it, or no longer want it.
#include "stream/stream_config.hpp"
#include "support/answers.hpp"
#include "support/facts.hpp"
#include "support/failing_calls.hpp"
#include "support/load_process.hpp"
#include "support/nats.hpp"
#include "support/peer.hpp"
#include "support/publishing.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string info_line(std::string const& more = "") {
    return R"(INFO {"server_id":"S","version":"2.15.0","proto":1,"headers":true,)"
           R"("max_payload":1048576,"jetstream":true)" +
           more + "}\r\n";
}

/// Introduces itself as a NATS server, and then says nothing, wants TLS and says nothing, hangs up
/// after its first answer, or answers each PING of one client at a time, and nothing else: as soon
/// as that one is connected it tells it of another server, if it was told of one.
class FakeNats {
public:
    enum class Then { say_nothing, want_tls, hang_up, answer_pings };

    explicit FakeNats(Then then, std::string const& address = "127.0.0.1:0", std::string other = "")
        : then_(then),
          other_(std::move(other)),
          listener_("tcp:" + address),
          host_and_port_(listener_.address().substr(4)) {}
    ~FakeNats() { stop_listening(); }
    FakeNats(FakeNats const&) = delete;
    FakeNats& operator=(FakeNats const&) = delete;

    [[nodiscard]] std::string const& host_and_port() const { return host_and_port_; }
    [[nodiscard]] std::size_t greeted() const { return greeted_; }

    /// The connections that it has stay open.
    void stop_listening() {
        if (thread_.joinable()) {
            ending_ = true;
            Peer::connect("tcp:" + host_and_port_);  // for accept() to return
            thread_.join();
            listener_.close();
        }
    }

    /// To be called after stop_listening(), as what follows.
    void hang_up_on_those_who_wait() { peers_.clear(); }

    /// Those that it has kept waiting are connected now. Returns when they have closed their
    /// connections.
    void connect_those_who_wait() {
        for (Peer& peer : peers_) {
            Deadline const deadline;
            try {
                for (;;) {
                    answer_ping(peer, deadline);
                }
            } catch (Failure const&) {
                CHECK_FALSE(deadline.over());
            }
        }
    }

private:
    void serve() {
        for (;;) {
            Peer peer = listener_.accept(Deadline(1h));
            if (ending_) {
                return;
            }
            try {
                greet(peer);
            } catch (Failure const&) {  // NOLINT(bugprone-empty-catch)
                // That client has gone.
            }
            if (lets_wait()) {
                peers_.push_back(std::move(peer));
            }
        }
    }

    void greet(Peer& peer) {
        peer.send(info_line(then_ == Then::want_tls ? R"(,"tls_required":true)" : ""));
        ++greeted_;
        if (lets_wait()) {
            return;
        }
        answer_ping(peer, {});
        if (!other_.empty()) {
            peer.send(info_line(fmt::format(R"(,"connect_urls":["{}"])", other_)));
        }
        while (then_ == Then::answer_pings) {
            answer_ping(peer, {});
        }
    }

    [[nodiscard]] bool lets_wait() const {
        return then_ == Then::say_nothing || then_ == Then::want_tls;
    }

    static void answer_ping(Peer& peer, Deadline const& deadline) {
        while (peer.receive_line(deadline) != "PING\r") {
        }
        peer.send("PONG\r\n");
    }

    Then then_;
    std::string other_;
    Listener listener_;
    std::string host_and_port_;
    std::vector<Peer> peers_;
    std::atomic<std::size_t> greeted_ = 0;
    std::atomic<bool> ending_ = false;
    std::jthread thread_{[this] { serve(); }};
};

/// A server before 2.11, as far as it is asked.
class OldNats {
public:
    OldNats() = default;
    ~OldNats() { Peer::connect(listener_.address()); }
    OldNats(OldNats const&) = delete;
    OldNats& operator=(OldNats const&) = delete;

    [[nodiscard]] std::string host_and_port() const { return listener_.address().substr(4); }
    [[nodiscard]] bool has_created() const { return has_created_; }

private:
    void serve() try {
        Peer peer = listener_.accept(Deadline(1h));
        peer.send(info_line());
        std::string inbox_id;
        for (;;) {
            std::istringstream line(peer.receive_line());
            std::string verb;
            std::string subject;
            std::string reply;
            std::size_t bytes = 0;
            line >> verb >> subject >> reply >> bytes;
            if (verb == "PING") {
                peer.send("PONG\r\n");
            } else if (verb == "SUB") {
                inbox_id = reply;  // SUB SUBJECT ID
            } else if (verb == "PUB") {
                peer.receive_exactly(bytes + 2);
                has_created_ = has_created_ || subject.starts_with("$JS.API.STREAM.CREATE.");
                std::string const answer = R"({"streams":null,"api":{"total":1,"errors":0}})";
                peer.send(
                    fmt::format("MSG {} {} {}\r\n{}\r\n", reply, inbox_id, answer.size(), answer));
            }
        }
    } catch (Failure const&) {  // NOLINT(bugprone-empty-catch)
        // The client has gone.
    }

    Listener listener_{"tcp:127.0.0.1:0"};
    std::atomic<bool> has_created_ = false;
    std::jthread thread_{[this] { serve(); }};
};

/// A server that has lost its only NATS server.
struct DisconnectedServer {
    explicit DisconnectedServer(std::vector<std::string> const& more) : server(start(more)) {
        nats.kill();
        server.process().err().read_until("warning: lost the connection to NATS server ");
    }

    /// The NATS server is there again, and what is said is stored.
    void recover() {
        nats.start();
        server.process().err().read_until("connected again, to NATS server ");
        send_until_stored(peer, "stored");
    }

    NatsServer nats;
    ServerProcess server;
    Peer peer = client_with_ack(server);

private:
    [[nodiscard]] ServerProcess start(std::vector<std::string> const& more) const {
        return start_publishing(publishing(nats, more));
    }
};

}  // namespace

TEST_CASE("A password that is refused while the server runs is tried again", "[stream][system]") {
    need_nats();
    std::string const right = "authorization { user: me, password: secret }";
    NatsServer nats({.settings = right});
    auto server = start_publishing({"--to", "nats://me:secret@" + nats.host_and_port() + "/LOG",
                                    "--create-stream=1", "--publish-timeout", "1s", "127.0.0.1:0"});
    Peer peer = client_with_ack(server);
    nats.reload("authorization { user: me, password: other }");
    server.process().err().read_until("warning: lost the connection to NATS server ");
    check_cannot_store(peer, "not stored");
    server.process().err().read_until("error: cannot store: no connection to nats://");
    nats.reload(right);
    server.process().err().read_until("connected again, to NATS server ");
    send_until_stored(peer, "stored");
    CHECK(server.stop() == Exit::with(0));
    CHECK_THAT(server.process().err().seen(), !ContainsSubstring("secret"));
}

TEST_CASE("A NATS server that accepts and then says nothing is passed over", "[stream][system]") {
    need_nats();
    FakeNats const silent(FakeNats::Then::say_nothing);
    std::string const& address = silent.host_and_port();
    Run const alone = run(server_launch({"--to", "nats://" + address + "/LOG", "127.0.0.1:0"}));
    CHECK(alone.exit == Exit::with(1));
    CHECK(alone.err ==
          fmt::format("server: cannot connect to nats://{0}/LOG: {0} does not answer\n", address));

    NatsServer const nats;
    auto server =
        start_publishing({"--to", fmt::format("nats://{},{}/LOG", address, nats.host_and_port()),
                          "--create-stream=1", "127.0.0.1:0"});
    client_with_ack(server);
    CHECK(server.stop() == Exit::with(0));
}

// What OpenSSL frees when the program ends is what a thread of it still uses that nobody can stop.
TEST_CASE("A program ends well though it still tries to connect to a NATS server over TLS",
          "[stream][system]") {
    need_nats();
    FakeNats silent(FakeNats::Then::want_tls);
    FailingCalls calls;
    calls.hold(Call::quit);
    Launch launch =
        server_launch({"--to", "tls://" + silent.host_and_port() + "/LOG", "127.0.0.1:0"});
    calls.preload(launch);
    Process server(launch);
    CHECK_THAT(server.err().read_line(), ContainsSubstring("does not answer"));
    eventually("its end", [&] { return !server.runs() || calls.held(Call::quit) > 0; });
    silent.stop_listening();
    silent.hang_up_on_those_who_wait();
    eventually("the end of the attempt",
               [&] { return !server.runs() || threads(server.id()) == 1; });
    calls.release(Call::quit);
    CHECK(server.wait_for_exit() == Exit::with(1));
}

TEST_CASE("A NATS server that no longer says anything is given up within --publish-timeout",
          "[stream][system]") {
    need_nats();
    DisconnectedServer scene({"--publish-timeout", "1s"});
    {
        FakeNats const silent(FakeNats::Then::say_nothing, scene.nats.host_and_port());
        eventually("it is said that it does not answer", [&] {
            check_cannot_store(scene.peer, "not stored");
            return times_told(scene.server, scene.nats.host_and_port() + " does not answer") > 0;
        });
    }
    scene.recover();
    CHECK(scene.server.stop() == Exit::with(0));
}

// The connection may go through a proxy that has forgotten it.
TEST_CASE(
    "One connection to a NATS server that hangs keeps nobody from the next, and costs nothing",
    "[stream][system]") {
    need_nats();
    DisconnectedServer scene({"--publish-timeout", "5min"});
    FakeNats silent(FakeNats::Then::say_nothing, scene.nats.host_and_port());
    eventually("an attempt", [&] { return silent.greeted() > 0; });
    auto const start = Clock::now();
    auto const cpu_before = cpu_time(scene.server.id());
    silent.stop_listening();
    scene.recover();
    CHECK(cpu_time(scene.server.id()) - cpu_before < 500ms + (Clock::now() - start) / 10);
    // Nor is it kept when it comes about after all.
    silent.connect_those_who_wait();
    CHECK(scene.server.stop() == Exit::with(0));
}

// One that has lost its cluster is like that.
TEST_CASE("A NATS server that answers and stores nothing is left for the next",
          "[stream][system]") {
    need_nats();
    ReservedPort const port;
    std::string const useless_address = fmt::format("127.0.0.1:{}", port.number());
    NatsServer nats;
    std::optional<FakeNats> useless;
    auto server = start_publishing(
        {"--to", fmt::format("nats://{},{}/LOG", useless_address, nats.host_and_port()),
         "--create-stream=1", "--publish-timeout", "5min", "127.0.0.1:0"});
    Peer peer = client_with_ack(server);
    useless.emplace(FakeNats::Then::answer_pings, useless_address);
    nats.kill();
    server.process().err().read_until("connected again, to NATS server " + useless_address + "\n");
    nats.start();
    peer.send("stored after all\n");
    server.process().err().read_until("connected again, to NATS server ");
    CHECK(peer.receive_line() == ack);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE(
    "A NATS server that stores nothing is left for one that was not known when it was connected to",
    "[stream][system]") {
    need_nats();
    NatsServer first;
    NatsServer const other;
    NatsReader(other).create_stream(roger::new_stream_config("LOG", "LOG", 1));
    auto server = start_publishing(publishing(first, {"--publish-timeout", "5min"}));
    Peer peer = client_with_ack(server);
    first.kill();
    FakeNats const useless(FakeNats::Then::answer_pings, first.host_and_port(),
                           other.host_and_port());
    server.process().err().read_until("connected again, to NATS server " + useless.host_and_port() +
                                      "\n");
    peer.send("stored after all\n");
    server.process().err().read_until("connected again, to NATS server ");
    CHECK(peer.receive_line() == ack);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("load --audit leaves a NATS server that answers and reads nothing",
          "[stream][load][system]") {
    need_nats();
    ReservedPort const port;
    std::string const useless_address = fmt::format("127.0.0.1:{}", port.number());
    NatsServer nats;
    std::optional<FakeNats> useless;
    auto server =
        start_publishing(publishing(nats, {"--publish-timeout", "5min", "--show", "text"}));
    LoadProcess load({"--duration", "1h", "--rate", "100", "--clients", "2", "--audit",
                      fmt::format("nats://{},{}/LOG", useless_address, nats.host_and_port()),
                      server.address()});
    eventually("something is stored", [&] { return server.counter("acknowledged") > 0; });
    useless.emplace(FakeNats::Then::answer_pings, useless_address);
    nats.kill();
    eventually("the audit is connected to it", [&] { return useless->greeted() > 0; });
    nats.start();
    server.process().err().read_until("connected again, to NATS server ");
    load.signal(SIGINT);
    LoadResult const result = load.result();
    CAPTURE(result.out, result.err);
    CHECK(result.audited("acked") > 0);
    CHECK(result.audited("acked_not_written") == 0);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("On a NATS server that is too old no stream is made", "[stream][system]") {
    need_nats();
    OldNats const old;
    Run const ended = run(server_launch(
        {"--to", "nats://" + old.host_and_port() + "/LOG", "--create-stream=1", "127.0.0.1:0"}));
    CHECK(ended.exit == Exit::with(1));
    CHECK_THAT(ended.err, ContainsSubstring("a version before 2.11: 2.11 is the least"));
    CHECK_FALSE(old.has_created());
}

TEST_CASE("A NATS server that hangs up whenever it is asked is not asked again at once",
          "[stream][system]") {
    need_nats();
    DisconnectedServer scene({"--publish-timeout", "5min"});
    {
        FakeNats const hasty(FakeNats::Then::hang_up, scene.nats.host_and_port());
        eventually("an attempt", [&] { return hasty.greeted() > 0; });
        auto const start = Clock::now();
        auto const before = hasty.greeted();
        eventually("five more", [&] { return hasty.greeted() >= before + 5; });
        // After 0.1 s, and after twice as long each time, up to a second.
        CHECK(Clock::now() - start > 1s);
    }
    scene.recover();
    CHECK(scene.server.stop() == Exit::with(0));
}
