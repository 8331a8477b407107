// SIGTERM: what has been received is displayed and acked, everybody is told, and nobody is waited
// for longer than the drain deadline.
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/deaf.hpp"
#include "support/flood.hpp"
#include "support/milliseconds.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"
#include "system/datagram_place.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// A server on a Unix socket's file, and by TCP.
struct ShutdownScene {
    ShutdownScene(std::vector<std::string> arguments, std::optional<Stdio> const& out = {})
        : server(start(std::move(arguments), out)) {}

    [[nodiscard]] std::string socket_path() const { return directory / "s"; }

    ServerProcess start(std::vector<std::string> arguments, std::optional<Stdio> const& out) const {
        arguments.insert(arguments.end(), {"unix:" + socket_path(), "127.0.0.1:0"});
        ServerSetup setup;
        setup.addresses = 2;
        setup.out = out;
        return ServerProcess::start(std::move(arguments), std::move(setup));
    }

    TempDir directory;
    ServerProcess server;
};

/// How long the server waits for a client to close, once it has been told.
constexpr Duration linger_time = 1s;

/// `since`: before any of them was. Afterwards the server may reset the connection of a client that
/// was kept from closing it by a busy machine; what was sent to it before is not lost by that.
void check_all_told(Flood const& flood, Clock::time_point since) {
    bool const in_time = Clock::now() - since < linger_time;
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        CAPTURE(client);
        CHECK(flood.last_words(client) == shutting_down_line);
        CHECK((flood.end(client) == End::closed || !in_time));
    }
}

void terminate_under_load(ShutdownScene& scene, int signal, std::size_t acks) {
    Flood flood(scene.server.address(0), {.clients = 4});
    flood.connect(scene.server.address(1), 4);
    flood.run_until_acked(acks);
    auto const since = Clock::now();
    scene.server.signal(signal);
    flood.run_until_ended();
    check_all_told(flood, since);
    CHECK(scene.server.wait_for_exit() == Exit::with(0));
    require_acked_is_displayed(flood, scene.server.output());
    CHECK(flood.records(scene.server.output()).unfinished == "");
    CHECK_FALSE(std::filesystem::exists(scene.socket_path()));
}

/// Fills what there is between the clients and an output that has stopped.
void stall_under_load(ShutdownScene& scene, Flood& flood) {
    flood.run_until_acked(1000);
    scene.server.process().out().stall();
    auto seen = flood.all_begun();
    flood.run("nothing more is taken", [&flood, &seen, since = Clock::now()]() mutable {
        if (auto const now = flood.all_begun(); now != seen) {
            seen = now;
            since = Clock::now();
        }
        return Clock::now() - since > 100ms;
    });
}

/// False: it had ended before.
bool stop_for(Duration time, ServerProcess& server) {
    try {
        Suspended const suspended(server.id());
        std::this_thread::sleep_for(time);
        return true;
    } catch (Failure const&) {
        if (server.process().runs()) {
            throw;
        }
        return false;
    }
}

}  // namespace

TEST_CASE("Terminated under load, the server has displayed exactly what it acked",
          "[shutdown][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    auto const* const sync = GENERATE("", "--sync");
    for (std::size_t round = 0; round < (sanitized ? 2 : 5); ++round) {
        CAPTURE(threads, sync, round);
        std::vector<std::string> arguments{"--threads", threads};
        if (*sync != '\0') {
            arguments.emplace_back(sync);
        }
        ShutdownScene scene(arguments);
        terminate_under_load(scene, round % 2 == 0 ? SIGTERM : SIGINT, 100 + round * 700);
    }
}

TEST_CASE("Terminated with clients who wait, the server tells them and ends at once",
          "[shutdown][system]") {
    ShutdownScene scene({"--drain-timeout", "none"});
    Peer idle = Peer::connect(scene.server.address(0));
    Peer talker = Peer::connect(scene.server.address(1));
    Peer begun = Peer::connect(scene.server.address(0));
    talker.send("whole\n");
    CHECK(talker.receive_line() == ack);
    begun.send("begun");
    begun.wait_until_read();
    scene.server.signal(SIGTERM);
    for (Peer* peer : {&idle, &talker, &begun}) {
        CHECK(peer->receive_all() == shutting_down_line);
        peer->close();
    }
    CHECK(scene.server.wait_for_exit() == Exit::with(0));
    CHECK(scene.server.output() == "whole\n");
    CHECK(std::filesystem::is_empty(scene.directory.path()));
}

TEST_CASE("Terminated without clients, the server ends at once", "[shutdown][system]") {
    ShutdownScene scene({"--drain-timeout", "none"});
    CHECK(scene.server.stop() == Exit::with(0));
    auto const said = split_lines(scene.server.process().err().read_all());
    CHECK(said.back().starts_with("accepted=0 clients=0 messages=0 "));
    CHECK(scene.server.output() == "");
    CHECK(std::filesystem::is_empty(scene.directory.path()));
}

TEST_CASE("A server that ends takes no new clients", "[shutdown][system]") {
    ShutdownScene scene({"--write-timeout", "none", "--drain-timeout", "none"});
    // It keeps the server from ending, since it does not take its answers.
    Peer slow = Peer::connect(scene.server.address(0));
    send_until_server_waits(slow, scene.server);
    Peer idle = Peer::connect(scene.server.address(1));
    // Accepted, or it could be told nothing.
    eventually("both are clients", [&scene] { return scene.server.counter("clients") == 2; });
    scene.server.signal(SIGTERM);
    CHECK(idle.receive_all() == shutting_down_line);
    CHECK_THROWS_AS(Peer::connect(scene.server.address(0)), Failure);
    CHECK_THROWS_AS(Peer::connect(scene.server.address(1)), Failure);
    CHECK(scene.server.process().runs());
    slow.close();
    idle.close();
    CHECK(scene.server.wait_for_exit() == Exit::with(0));
}

TEST_CASE(
    "Terminated while its output is stalled, the server ends within the drain deadline, and "
    "has acked what the output took",
    "[shutdown][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    // Its last tenth is for the answers.
    constexpr Duration drain_timeout = 6s;
    ShutdownScene scene({"--threads", threads, "--drain-timeout", in_ms(drain_timeout)},
                        Stdio::pipe());
    Flood flood(scene.server.address(0), {.clients = 4});
    flood.connect(scene.server.address(1), 4);
    stall_under_load(scene, flood);

    scene.server.signal(SIGTERM);
    flood.run_until_ended();
    CHECK(scene.server.wait_for_exit() == Exit::with(1));
    auto const said = scene.server.process().err().read_all();
    CAPTURE(said);
    CHECK(said.find("standard output does not take what is written to it") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(scene.socket_path()));

    scene.server.process().out().resume();
    require_acked_is_displayed(flood, scene.server.process().out().read_all());
    std::size_t refused = 0;
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        for (auto const& line : split_lines(flood.last_words(client))) {
            CAPTURE(client, line);
            CHECK((line == "error: cannot display" || line + '\n' == shutting_down_line));
            refused += line == "error: cannot display" ? 1 : 0;
        }
        CHECK(flood.last_words(client) != "");
    }
    CHECK(refused > 0);
}

TEST_CASE("A stalled output that goes on in time does not spoil a shutdown", "[shutdown][system]") {
    ShutdownScene scene({"--drain-timeout", "1h"}, Stdio::pipe());
    Peer idle = Peer::connect(scene.server.address(0));
    Flood flood(scene.server.address(0), {.clients = 4});
    stall_under_load(scene, flood);
    scene.server.signal(SIGTERM);
    CHECK(idle.receive_all() == shutting_down_line);
    idle.close();
    auto const since = Clock::now();
    scene.server.process().out().resume();
    flood.run_until_ended();
    check_all_told(flood, since);
    CHECK(scene.server.wait_for_exit() == Exit::with(0));
    require_acked_is_displayed(flood, scene.server.process().out().read_all());
}

TEST_CASE("A second signal ends at once", "[shutdown][system]") {
    auto const first = GENERATE(SIGTERM, SIGINT);
    auto const second = GENERATE(SIGTERM, SIGINT);
    CAPTURE(first, second);
    ShutdownScene scene({"--drain-timeout", "none", "--write-timeout", "none"}, Stdio::pipe());
    Peer idle = Peer::connect(scene.server.address(0));
    Flood flood(scene.server.address(1), {.clients = 4});
    stall_under_load(scene, flood);
    scene.server.signal(first);
    // By this it has heard the first one.
    CHECK(idle.receive_all() == shutting_down_line);
    CHECK(scene.server.process().runs());
    signal_until_it_ends(scene.server, second);
    CHECK(scene.server.wait_for_exit() == Exit::with(1));
    flood.run_until_ended();
    CHECK_FALSE(std::filesystem::exists(scene.socket_path()));
    // Cut short, but what was acked is there all the same.
    scene.server.process().out().resume();
    auto const records = flood.records(scene.server.process().out().read_all());
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        CHECK(flood.acked(client) <= records.of_client[client]);
    }
}

TEST_CASE("A second signal does not wait for a client that takes no answers",
          "[shutdown][system]") {
    ShutdownScene scene({"--drain-timeout", "none", "--write-timeout", "none"});
    Peer idle = Peer::connect(scene.server.address(0));
    Peer slow = Peer::connect(scene.server.address(1), {.receive_buffer = 4096});
    send_until_server_waits(slow, scene.server);
    scene.server.signal(SIGTERM);
    CHECK(idle.receive_all() == shutting_down_line);
    signal_until_it_ends(scene.server, SIGTERM);
    CHECK(scene.server.wait_for_exit() == Exit::with(1));
    CHECK_FALSE(std::filesystem::exists(scene.socket_path()));
}

TEST_CASE("A second signal leaves no file of a datagram socket whose messages wait to be displayed",
          "[shutdown][datagrams][system]") {
    TempDir const directory;
    ServerSetup setup;
    setup.addresses = 2;
    setup.out = Stdio::stalled_pipe();
    auto server = ServerProcess::start(
        {"--drain-timeout", "none", "unixgram:" + directory / "s", "127.0.0.1:0"},
        std::move(setup));
    DatagramPeer peer = DatagramPeer::to(server.address(0));
    stall(server, peer);
    Peer idle = Peer::connect(server.address(1));
    eventually("it is a client", [&server] { return server.counter("clients") == 1; });
    server.signal(SIGTERM);
    CHECK(idle.receive_all() == shutting_down_line);
    signal_until_it_ends(server, SIGTERM);
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("A signal that is delivered several times at once is one signal", "[shutdown][system]") {
    ShutdownScene scene({"--drain-timeout", "60s"}, Stdio::pipe());
    Peer idle = Peer::connect(scene.server.address(0));
    Flood flood(scene.server.address(1), {.clients = 4});
    stall_under_load(scene, flood);
    {
        // However long it takes to send them. Two that are alike and wait are one.
        Suspended const suspended(scene.server.id());
        scene.server.signal(SIGTERM);
        scene.server.signal(SIGINT);
    }
    CHECK(idle.receive_all() == shutting_down_line);
    idle.close();
    scene.server.process().out().resume();
    flood.run_until_ended();
    CHECK(scene.server.wait_for_exit() == Exit::with(0));
    require_acked_is_displayed(flood, scene.server.process().out().read_all());
}

TEST_CASE("Who waits in the listen queue is told of a shutdown", "[shutdown][system]") {
    auto const socket = GENERATE(0U, 1U);
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(socket, threads);
    ShutdownScene scene({"--limit", "1", "--threads", threads});
    Peer served = Peer::connect(scene.server.address(socket));
    served.send("in its place\n");
    CHECK(served.receive_line() == ack);
    // More than are waited for after they were told.
    std::vector<Peer> waiting;
    for (int i = 0; i < 100; ++i) {
        waiting.push_back(Peer::connect(scene.server.address(socket)));
        waiting.back().send("in the queue\n");
    }
    scene.server.signal(SIGTERM);
    CHECK(served.receive_all() == shutting_down_line);
    for (Peer& peer : waiting) {
        CHECK(peer.receive_all() == shutting_down_line);
    }
    served.close();
    waiting.clear();
    CHECK(scene.server.wait_for_exit() == Exit::with(0));
    auto const last_words = scene.server.process().err().read_all();
    CAPTURE(last_words);
    CHECK(last_words.find("refused_shutdown=101") != std::string::npos);
    CHECK(scene.server.output() == "in its place\n");
}

TEST_CASE("Newcomers are told of a shutdown although there are few descriptors",
          "[shutdown][system]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    ServerSetup setup;
    setup.launch.open_files = 100;
    auto server = ServerProcess::start({"--threads", threads, "127.0.0.1:0"}, std::move(setup));
    // More than it has descriptors for: some are served, the others wait.
    std::vector<Peer> peers;
    peers.reserve(200);
    for (int i = 0; i < 200; ++i) {
        peers.push_back(Peer::connect(server.address()));
    }
    peers.front().send("hello\n");
    CHECK(peers.front().receive_line() == ack);
    server.signal(SIGTERM);
    for (Peer& peer : peers) {
        CHECK(peer.receive_all() == shutting_down_line);
        peer.close();
    }
    CHECK(server.wait_for_exit() == Exit::with(0));
}

TEST_CASE("A server that was stopped in its drain is not taken for one whose output hangs",
          "[shutdown][system]") {
    // A slow machine may stop it too late, or be too slow for what a server has left then.
    CHECK(succeeds_given_time(1s, [](Duration drain_timeout) {
        auto server = ServerProcess::start(
            {"--drain-timeout", in_ms(drain_timeout), "--write-timeout", "none", "127.0.0.1:0"});
        // It keeps the drain from its end.
        Peer slow = Peer::connect(server.address(), {.receive_buffer = 4096});
        send_until_server_waits(slow, server);
        Peer idle = Peer::connect(server.address());
        eventually("both are clients", [&server] { return server.counter("clients") == 2; });
        server.signal(SIGTERM);
        CHECK(idle.receive_all() == shutting_down_line);
        if (!stop_for(drain_timeout * 11 / 10 + 3s, server)) {
            return false;
        }
        bool const well = server.wait_for_exit() == Exit::with(0);
        auto const said = server.process().err().last_words();
        return well && said.find("by force") == std::string::npos;
    }));
}

TEST_CASE("Who asks for counters until the end does not change it", "[shutdown][system]") {
    auto launch = server_launch({"-c", R"(exec "$0" 127.0.0.1:0 2>&1)", server_launch({}).program});
    launch.program = "/bin/sh";
    Process server(launch);
    server.out().read_until("listening on ");
    server.signal(SIGTERM);
    eventually("it ends, asked all the time", [&server] {
        server.signal(SIGUSR1);
        return !server.runs();
    });
    CHECK(server.wait_for_exit() == Exit::with(0));
}
