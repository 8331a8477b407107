// Datagram sockets of the server: when it is killed, stalled, flooded, not listened to, or lied to.
#include "support/deadline.hpp"
#include "support/facts.hpp"
#include "support/failing_calls.hpp"
#include "system/datagram_place.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include <sys/socket.h>

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
            bool const killed = acked.size() + peers.size() >= acks;
            if (killed) {
                server.signal(SIGKILL);
                server.wait_for_exit();
            }
            std::size_t const round = acked.size();
            for (std::size_t i = 0; i < peers.size(); ++i) {
                if (!killed || peers[i].would_receive_within(0ms)) {
                    CHECK(peers[i].receive() == ack_line);
                    acked.push_back(fmt::format("{} of {}", round + i, i));
                }
            }
            if (killed) {
                break;
            }
        }
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
    CHECK(peer.receive() == ack_line);
    CHECK(flooder.receive() == ack_line);
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
    // An answer is counted after it has been sent.
    eventually("all are counted", [&] {
        return server.counter("acknowledged") + server.counter("unanswered") == 1'200;
    });
    // The queue of a Unix datagram socket is some messages long: net.unix.max_dgram_qlen, unix(7).
    std::size_t const unanswered = server.counter("unanswered");
    CHECK(unanswered > 0);
    CHECK(deaf.take_all() + unanswered == 600);
    CHECK(server.counter("displayed") == 1'200);
    talk(deaf, "sorry");
}

TEST_CASE("deaf: who is known not to read gets no answers while the system cannot be asked",
          "[datagrams][deaf][failing-calls][system]") {
    TempDir const directory;
    FailingCalls calls;
    auto server = start_with(calls, {"unixgram:" + directory / "s"});
    auto deaf = DatagramPeer::to(server.address());
    deaf.connect();
    auto reader = DatagramPeer::to(server.address());
    reader.connect();
    auto const begun = Clock::now();
    std::size_t again = 0;
    std::size_t sent = 0;
    Deadline const deadline;
    while (!deadline.over() && (sent % 100 != 1 || times_told(server, "pile up unread") == 0)) {
        deaf.send("deaf");
        again += talk_again(reader, "reads");
        ++sent;
    }
    calls.fail(Call::socket, EMFILE, every_time, AF_NETLINK);
    eventually("the system has been asked in vain", [&] {
        deaf.send("deaf");
        again += talk_again(reader, "reads");
        return calls.failures(Call::socket) > 2;
    });
    // Half of the buffer was full by then.
    for (std::size_t i = 0; i < 3 * sent; ++i) {
        deaf.send("still deaf");
        again += talk_again(reader, "still reads");
    }
    CHECK(again <= 10);
    auto const told = times_told(
        server,
        "cannot ask the system who leaves answers unread, trying again: Too many open files");
    CHECK(told > 0);
    CHECK(static_cast<double>(told) <=
          std::chrono::duration<double>(Clock::now() - begun).count() + 1);
    // Once it reads, and the system tells, it is answered again.
    calls.succeed(Call::socket);
    CHECK(deaf.take_all() > 0);
    eventually("the deaf peer is answered", [&] {
        deaf.send("no longer deaf");
        return deaf.would_receive_within(a_while);
    });
}

TEST_CASE("deaf: beside a peer that never reads, one without an address is displayed",
          "[datagrams][deaf][system]") {
    TempDir const directory;
    auto server = start("unixgram:" + directory / "s");
    auto deaf = DatagramPeer::to(server.address());
    deaf.connect();
    auto nameless = DatagramPeer::nameless(server.address());
    Deadline const deadline;
    while (!deadline.over() && times_told(server, "pile up unread") == 0) {
        for (int i = 0; i < 100; ++i) {
            deaf.send("deaf");
        }
    }
    nameless.send("from nobody");
    eventually("it is displayed", [&] { return server.output().ends_with("from nobody\n"); });
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("deaf: a connected Unix peer that never reads leaves the others their answers",
          "[datagrams][deaf][system]") {
    TempDir const directory;
    auto server = start("unixgram:" + directory / "s");
    bool const fills_its_address = GENERATE(false, true);
    auto deaf = fills_its_address
                    ? DatagramPeer::to(server.address(), full_address("unixgram:", directory))
                    : DatagramPeer::to(server.address());
    deaf.connect();
    auto const begun = Clock::now();
    auto reader = DatagramPeer::to(server.address());
    reader.connect();
    // Much more than any buffer has room for: net.core.wmem_max bytes, twice.
    std::size_t const most = 4 * std::stoul(read_file("/proc/sys/net/core/wmem_max")) / 768;
    std::size_t sent = 0;
    std::size_t again = 0;
    while (sent < most && (sent % 1000 != 0 || server.counter("unanswered") == 0)) {
        deaf.send("deaf");
        again += talk_again(reader, "reads");
        ++sent;
    }
    CHECK(sent < most);
    for (int i = 0; i < 1000; ++i) {
        deaf.send("still deaf");
        again += talk_again(reader, "still reads");
    }
    CHECK(again <= 10);
    // Once it reads, it is answered again.
    CHECK(deaf.take_all() > 0);
    eventually("the deaf peer is answered", [&] {
        deaf.send("no longer deaf");
        return deaf.would_receive_within(a_while);
    });
    CHECK(server.stop() == Exit::with(0));
    auto const lines = split_lines(server.process().err().last_words());
    auto const told = std::ranges::count_if(lines, [](std::string const& line) {
        return line.find("pile up unread") != std::string::npos;
    });
    CHECK(told > 0);
    // One a second, however often the server looks.
    CHECK(told <= 1 + std::chrono::ceil<std::chrono::seconds>(Clock::now() - begun).count());
}

TEST_CASE("loop: two servers forged onto each other do not talk", "[datagrams][loop][system]") {
    auto const whose = GENERATE(as<std::string>(), "I got your message", "Roger");
    std::vector<std::string> const options =
        whose == "Roger" ? std::vector<std::string>{"--ack", "Roger"} : std::vector<std::string>{};
    // The first server's answer goes to where the second one listens by then.
    auto first = start_stalled("udp:127.0.0.1:0", options);
    auto witness = DatagramPeer::to(first.address());
    stall(first, witness, whose + "\n");
    ReservedPort const port;
    auto const second_address = fmt::format("udp:127.0.0.1:{}", port.number());
    {
        auto forger = DatagramPeer::to(first.address(), second_address);
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

TEST_CASE("loop: nor do they with messages shorter than their refusals",
          "[datagrams][loop][system]") {
    Place const place;
    auto const* const shortest = GENERATE("1B", "4B", "30B", "64KiB");
    CAPTURE(shortest);
    auto first = start(place.address("first"), {"--max-message", "4B"});
    first.signal(SIGSTOP);
    std::string second_address;
    {
        auto forger = DatagramPeer::to(first.address(), place.lasting_address("second"));
        second_address = forger.own_address();
        forger.send("more than four bytes");
    }
    auto second = start(second_address, {"--max-message", shortest});
    first.signal(SIGCONT);
    eventually("the refusal has come to the other server",
               [&] { return second.counter("replies") + second.counter("messages") > 0; });
    auto asking = DatagramPeer::to(second.address());
    talk(asking, "?");
    CHECK(second.counter("replies") == 1);
    CHECK(second.output() == "?\n");
    CHECK(first.counter("refused_too_long") == 1);
    CHECK(first.counter("replies") == 0);
}

TEST_CASE("loop: no answer of a server is answered", "[datagrams][loop][system]") {
    Place const place;
    auto const* const max_message = GENERATE("64KiB", "4B");
    CAPTURE(max_message);
    auto server = start(place.address(), {"--max-message", max_message});
    auto peer = DatagramPeer::to(server.address());
    for (std::string const reply :
         {"I got your message\n", "Got your message\n", "error: busy\n", "error: shutting down\n",
          "error: cannot display\n", "error: message longer than 10 bytes\n",
          "error: message longer than 18446744073709551615 bytes\n"}) {
        peer.send(reply);
    }
    talk(peer, "last");
    CHECK_FALSE(peer.would_receive_within(a_while));
    CHECK(server.counter("replies") == 7);
    CHECK(server.output() == "last\n");
}

TEST_CASE("loop: what a client says is a message, even if it sounds like a server",
          "[datagrams][loop][system]") {
    Place const place;
    auto server = start(place.address());
    auto peer = DatagramPeer::to(server.address());
    std::string expected;
    for (std::string const message :
         {"error: disk full", "error: busybox is missing", "error: message longer than my arm",
          "I got your message, too", "I got your messag", ""}) {
        talk(peer, message);
        expected += message + '\n';
    }
    CHECK(server.output() == expected);
    CHECK(server.counter("replies") == 0);
}

TEST_CASE("loop: what is too long to be a message is an answer if it begins as a refusal",
          "[datagrams][loop][system]") {
    Place const place;
    auto server = start(place.address(), {"--max-message", "50B"});
    auto peer = DatagramPeer::to(server.address());
    std::string const rest(1000, 'x');
    for (std::string const beginning : {"error: busy", "error: shutting down",
                                        "error: cannot display", "error: message longer than 1"}) {
        peer.send(beginning + rest);
    }
    talk(peer, "error: message longer than my arm" + rest, "error: message longer than 50 bytes\n");
    talk(peer, "I got your message\n" + rest, "error: message longer than 50 bytes\n");
    CHECK(server.counter("replies") == 4);
    CHECK(server.counter("refused_too_long") == 2);
}

TEST_CASE("loop: an ack is known by all of it, however short or long it is",
          "[datagrams][loop][system]") {
    Place const place;
    std::string const own_ack = GENERATE(as<std::string>(), "", "a", std::string(100, 'a'));
    CAPTURE(own_ack);
    auto server = start(place.address(), {"--max-message", "4B", "--ack", own_ack});
    auto peer = DatagramPeer::to(server.address());
    peer.send(own_ack + "\n");
    talk(peer, "ab", own_ack + '\n');
    talk(peer, "b", own_ack + '\n');
    // All that fits into the buffer is the ack.
    talk(peer, own_ack + '\n' + std::string(1000, 'a'), "error: message longer than 4 bytes\n");
    CHECK(server.counter("replies") == 1);
    CHECK(server.output() == "ab\nb\n");
}
