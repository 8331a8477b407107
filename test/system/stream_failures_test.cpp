// NATS servers that let a server wait, hang up on it, or no longer want it.
#include "support/answers.hpp"
#include "support/facts.hpp"
#include "support/nats.hpp"
#include "support/peer.hpp"
#include "support/publishing.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Introduces itself as a NATS server, and then says nothing, hangs up after its first answer, or
/// answers each PING of one client at a time, and nothing else.
class FakeNats {
public:
    enum class Then { say_nothing, hang_up, answer_pings };

    explicit FakeNats(Then then, std::string const& address = "127.0.0.1:0")
        : then_(then), listener_("tcp:" + address), host_and_port_(listener_.address().substr(4)) {}
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
            if (then_ == Then::say_nothing) {
                peers_.push_back(std::move(peer));
            }
        }
    }

    void greet(Peer& peer) {
        peer.send(R"(INFO {"server_id":"S","version":"2.15.0","proto":1,"headers":true,)"
                  R"("max_payload":1048576,"jetstream":true})"
                  "\r\n");
        ++greeted_;
        if (then_ == Then::say_nothing) {
            return;
        }
        do {
            while (peer.receive_line() != "PING\r") {
            }
            peer.send("PONG\r\n");
        } while (then_ == Then::answer_pings);
    }

    Then then_;
    Listener listener_;
    std::string host_and_port_;
    std::vector<Peer> peers_;
    std::atomic<std::size_t> greeted_ = 0;
    std::atomic<bool> ending_ = false;
    std::jthread thread_{[this] { serve(); }};
};

/// A server that has lost its only NATS server.
struct DisconnectedServer {
    explicit DisconnectedServer(std::vector<std::string> const& more) : server(start(more)) {
        nats.kill();
        server.process().err().read_until("warning: lost the connection to NATS: ");
    }

    /// The NATS server is there again, and what is said is stored.
    void recover() {
        nats.start();
        server.process().err().read_until("connected to NATS again, to server ");
        say_until_stored(peer, "stored");
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
    server.process().err().read_until("warning: lost the connection to NATS: ");
    check_cannot_store(peer, "not stored");
    server.process().err().read_until("error: cannot store: no connection to nats://");
    nats.reload(right);
    server.process().err().read_until("connected to NATS again, to server ");
    say_until_stored(peer, "stored");
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
    server.process().err().read_until("connected to NATS again, to server S\n");
    nats.start();
    peer.send("stored after all\n");
    server.process().err().read_until("connected to NATS again, to server ");
    CHECK(peer.receive_line() == ack);
    CHECK(server.stop() == Exit::with(0));
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
