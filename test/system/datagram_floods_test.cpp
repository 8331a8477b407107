// Datagram sockets of the server: when it is killed, stalled, flooded, not listened to, or lied to.
#include "support/facts.hpp"
#include "system/datagram_place.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

TEST_CASE("kill -9: whatever was acked is in the output", "[datagrams][kill][system]") {
    Place const place;
    for (std::size_t const acks : {1U, 50U, 777U}) {
        auto server = start(place.address());
        std::vector<DatagramPeer> peers;
        peers.reserve(8);
        for (int i = 0; i < 8; ++i) {
            peers.push_back(DatagramPeer::to(server.address()));
        }
        std::vector<std::string> acked;
        while (acked.size() < acks) {
            for (std::size_t i = 0; i < peers.size(); ++i) {
                peers[i].send(fmt::format("{} of {}", acked.size() + i, i));
            }
            // The last round's answers are still on their way when it is killed.
            if (acked.size() + peers.size() >= acks) {
                server.signal(SIGKILL);
            }
            std::size_t const round = acked.size();
            for (std::size_t i = 0; i < peers.size(); ++i) {
                if (peers[i].would_receive_within(acked.size() < acks ? a_while : 0ms)) {
                    CHECK(peers[i].receive() == ack);
                    acked.push_back(fmt::format("{} of {}", round + i, i));
                }
            }
            if (!server.process().runs()) {
                break;
            }
        }
        server.wait_for_exit();
        auto displayed = split_lines(server.output());
        std::ranges::sort(displayed);
        std::ranges::sort(acked);
        CHECK(std::ranges::includes(displayed, acked));
    }
}

TEST_CASE("display stalled: nothing is acked, and memory stays bounded",
          "[datagrams][stalled][system]") {
    Place const place;
    auto server = start_stalled(place.address());
    auto peer = DatagramPeer::to(server.address());
    stall(server, peer);
    std::size_t const before = resident_memory(server.id());
    auto flooder = DatagramPeer::to(server.address());
    for (int i = 0; i < 20'000; ++i) {
        flooder.try_send(std::string(1'000, 'f'));
    }
    CHECK_FALSE(peer.would_receive_within(a_while));
    CHECK_FALSE(flooder.would_receive_within(0ms));
    CHECK(resident_memory(server.id()) < before + 8'000'000);
    server.process().out().resume();
    CHECK(peer.receive() == ack);
    CHECK(flooder.receive() == ack);
}

TEST_CASE("flood: what the system drops is counted, what was acked was displayed",
          "[datagrams][flood][system]") {
    auto server = start_stalled("udp:127.0.0.1:0");
    auto peer = DatagramPeer::to(server.address());
    stall(server, peer);
    auto flooder = DatagramPeer::to(server.address());
    constexpr std::size_t sent = 20'000;
    for (std::size_t i = 0; i < sent; ++i) {
        flooder.send(fmt::format("{:01000}", i));
    }
    std::size_t const dropped = server.counter("dropped");
    CHECK(dropped > 0);
    server.process().out().resume();
    eventually("all that was not dropped is displayed",
               [&] { return server.counter("displayed") == sent + 2 - dropped; });
    std::size_t const acks = flooder.take_all();
    CHECK(acks > 0);
    CHECK(acks <= sent - dropped);
    CHECK(server.counter("dropped") == dropped);
    CHECK(server.stop() == Exit::with(0));
    auto records = split_lines(server.process().out().read_all());
    CHECK(records.size() == sent + 2 - dropped);
    std::ranges::sort(records);
    CHECK(std::ranges::adjacent_find(records) == records.end());
    auto const said = server.process().err().read_all();
    CAPTURE(said);
    CHECK(said.find(fmt::format("{} datagrams to {} came faster", dropped, server.address())) !=
          std::string::npos);
}

TEST_CASE("deaf: a Unix peer that never reads holds nobody up", "[datagrams][deaf][system]") {
    TempDir const directory;
    auto server = start("unixgram:" + directory / "s");
    auto deaf = DatagramPeer::to(server.address());
    auto peer = DatagramPeer::to(server.address());
    for (int i = 0; i < 600; ++i) {
        deaf.send("and again");
        talk(peer, "hello");
    }
    // The queue of a Unix datagram socket is some messages long: net.unix.max_dgram_qlen, unix(7).
    std::size_t const unanswered = server.counter("unanswered");
    CHECK(unanswered > 0);
    CHECK(deaf.take_all() + unanswered == 600);
    CHECK(server.counter("displayed") == 1'200);
    talk(deaf, "sorry");
}

TEST_CASE("deaf: a connected Unix peer that never reads leaves the others their answers",
          "[datagrams][deaf][system]") {
    TempDir const directory;
    auto server = start("unixgram:" + directory / "s");
    auto deaf = DatagramPeer::to(server.address());
    deaf.connect();
    auto reader = DatagramPeer::to(server.address());
    reader.connect();
    // Much more than any buffer has room for: net.core.wmem_max bytes, twice.
    std::size_t const most = 4 * std::stoul(read_file("/proc/sys/net/core/wmem_max")) / 768;
    std::size_t sent = 0;
    while (sent < most && (sent % 1000 != 0 || server.counter("unanswered") == 0)) {
        deaf.send("deaf");
        talk(reader, "reads");
        ++sent;
    }
    CHECK(sent < most);
    for (int i = 0; i < 1000; ++i) {
        deaf.send("still deaf");
        talk(reader, "still reads");
    }
    // Once it reads, it is answered again.
    CHECK(deaf.take_all() > 0);
    eventually("the deaf peer is answered", [&] {
        deaf.send("no longer deaf");
        return deaf.would_receive_within(a_while);
    });
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.process().err().last_words().find("pile up unread") != std::string::npos);
}

TEST_CASE("loop: two servers forged onto each other do not talk", "[datagrams][loop][system]") {
    auto const whose = GENERATE(as<std::string>(), "I got your message", "Roger");
    std::vector<std::string> const options =
        whose == "Roger" ? std::vector<std::string>{"--ack", "Roger"} : std::vector<std::string>{};
    // The first server's answer goes to where the second one listens by then.
    auto first = start_stalled("udp:127.0.0.1:0", options);
    auto witness = DatagramPeer::to(first.address());
    stall(first, witness, whose + "\n");
    std::string second_address;
    {
        auto forger = DatagramPeer::to(first.address(), "udp:127.0.0.1:0");
        second_address = forger.own_address();
        forger.send("hello, other server");
    }
    auto second = start(second_address, options);
    first.process().out().resume();
    eventually("the answer has come to the other server",
               [&] { return second.counter("replies") == 1; });
    // What a loop would bring would be there before the answer to what comes after it.
    auto asking_second = DatagramPeer::to(second.address());
    talk(asking_second, "anything else?", whose + "\n");
    CHECK(witness.receive() == whose + "\n");
    CHECK(first.counter("replies") == 0);
    CHECK(first.counter("messages") == 3);
    CHECK(second.output() == "anything else?\n");
}

TEST_CASE("loop: no refusal of a server is answered", "[datagrams][loop][system]") {
    Place const place;
    auto server = start(place.address());
    auto peer = DatagramPeer::to(server.address());
    for (std::string const reply :
         {"I got your message\n", "Got your message\n", "error: busy\n", "error: shutting down\n",
          "error: cannot display\n", "error: message longer than 10 bytes\n"}) {
        peer.send(reply);
    }
    talk(peer, "error: disk full\n");  // a client's own
    CHECK_FALSE(peer.would_receive_within(a_while));
    CHECK(server.counter("replies") == 6);
    CHECK(server.output() == "error: disk full\n");
}
