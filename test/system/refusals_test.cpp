// Transcripts: every other line that a server refuses with, as its client reads it.
#include "support/answers.hpp"
#include "support/failing_calls.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace roger::test;

TEST_CASE("A client too many is told that the server is busy", "[transcripts][system]") {
    auto server = ServerProcess::start({"--limit", "1", "--when-full", "refuse", "127.0.0.1:0"});
    Peer first = Peer::connect(server.address());
    first.send("one\n");
    CHECK(first.receive_line() == "I got your message");
    Peer second = Peer::connect(server.address());
    CHECK(second.receive_all() == "error: busy\n");
    first.send("two\n");
    CHECK(first.receive_line() == "I got your message");
    CHECK(server.output() == "one\ntwo\n");
}

TEST_CASE("A busy server's refusal reaches a client that has already spoken",
          "[transcripts][system]") {
    auto server = ServerProcess::start({"--limit", "1", "--when-full", "refuse", "127.0.0.1:0"});
    Peer first = Peer::connect(server.address());
    first.send("one\n");
    CHECK(first.receive_line() == "I got your message");
    for (int round = 0; round < 20; ++round) {
        Peer other = Peer::connect(server.address());
        other.send("not yet\n");
        CHECK(other.receive_line() == "error: busy");
    }
    CHECK(server.output() == "one\n");
}

TEST_CASE("A message not finished in time is refused and never displayed",
          "[transcripts][system]") {
    // T as the refusal gives it: in the largest unit that divides it.
    std::vector<std::pair<std::string, std::string>> const times{
        {"200ms", "200ms"}, {"1000ms", "1s"}, {"1s", "1s"}};
    for (auto const& [given, said] : times) {
        CAPTURE(given);
        auto server = ServerProcess::start({"--message-timeout", given, "127.0.0.1:0"});
        Peer peer = Peer::connect(server.address());
        peer.send("whole\nbeg");
        CHECK(peer.receive_all() ==
              fmt::format("{}error: message not finished within {}\n", ack_line, said));
        CHECK(server.output() == "whole\n");
    }
}

TEST_CASE("A client that says nothing is told so and sent away", "[transcripts][system]") {
    auto server = ServerProcess::start({"--idle-timeout", "200ms", "127.0.0.1:0"});
    Peer silent = Peer::connect(server.address());
    CHECK(silent.receive_all() == "error: idle for 200ms\n");
    std::optional<Suspended> suspended(server.id());
    Peer fell_silent = Peer::connect(server.address());
    fell_silent.send("one\n");
    suspended.reset();
    CHECK(fell_silent.receive_all() == ack_line + "error: idle for 200ms\n");
    CHECK(server.output() == "one\n");
}

TEST_CASE("A client still there at shutdown is told so", "[transcripts][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    peer.send("one\n");
    CHECK(peer.receive_line() == "I got your message");
    server.signal(SIGTERM);
    CHECK(peer.receive_all() == "error: shutting down\n");
    peer.close();
    CHECK(server.wait_for_exit() == Exit::with(0));
}

TEST_CASE("A message that cannot be displayed is refused, not acknowledged",
          "[transcripts][system]") {
    ServerSetup setup;
    setup.out = Stdio::file("/dev/full");
    auto server = ServerProcess::start({"127.0.0.1:0"}, std::move(setup));
    Peer peer = Peer::connect(server.address());
    peer.send("one\n");
    CHECK(peer.receive_line() == "error: cannot display");
    peer.close();
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK(server.process().err().read_all().find("No space left") != std::string::npos);
}

TEST_CASE(
    "Acks and a refusal between them go out together, at the latest when the system takes them",
    "[transcripts][system]") {
    FailingCalls calls;
    ServerSetup setup;
    calls.preload(setup.launch);
    auto server = ServerProcess::start({"--max-message", "10B", "127.0.0.1:0"}, std::move(setup));
    Peer peer = Peer::connect(server.address());
    // After EAGAIN the system tells when there is room, once.
    auto const [error, times] =
        GENERATE(std::pair(EINTR, std::uint64_t{3}), std::pair(EAGAIN, std::uint64_t{1}));
    calls.fail(Call::sendmsg, error, times);
    peer.send("one\nlonger than that\ntwo\n");
    CHECK(peer.receive_line() == ack);
    CHECK(peer.receive_line() == "error: message longer than 10 bytes");
    CHECK(peer.receive_line() == ack);
    CHECK(calls.failures(Call::sendmsg) == times);
    peer.close();
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() == "one\ntwo\n");
}
