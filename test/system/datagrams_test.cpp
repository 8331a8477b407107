// Datagram sockets of the server: what it does, cell by cell of the table in docs/datagrams.md.
#include "support/peer.hpp"
#include "system/datagram_place.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>

using namespace roger::test;

TEST_CASE("talk: a datagram is displayed, then acknowledged", "[datagrams][talk][system]") {
    Place const place;
    auto server = start(place.address());
    auto peer = DatagramPeer::to(server.address());
    talk(peer, "cheerios\n");
    CHECK(server.output() == "cheerios\n");
    talk(peer, "without a newline");
    talk(peer, "from windows\r\n");
    talk(peer, "");
    talk(peer, "\n");
    CHECK(server.output() == "cheerios\nwithout a newline\nfrom windows\n\n\n");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("talk: --once ends after the first datagram", "[datagrams][talk][system]") {
    Place const place;
    auto server = start(place.address(), {"--once"});
    auto peer = DatagramPeer::to(server.address());
    talk(peer, "once\n");
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "once\n");
}

TEST_CASE("talk: one server on sockets of every kind", "[datagrams][talk][system]") {
    TempDir const directory;
    ServerSetup setup;
    setup.addresses = 4;
    auto server = ServerProcess::start({"127.0.0.1:0", "udp:127.0.0.1:0", "unix:" + directory / "s",
                                        "unixgram:" + directory / "d", "--show", "json"},
                                       std::move(setup));
    auto stream = Peer::connect(server.address(0));
    auto unix_stream = Peer::connect(server.address(2));
    auto datagrams = DatagramPeer::to(server.address(1), "udp:127.0.0.1:0");
    auto unix_datagrams = DatagramPeer::to(server.address(3));
    stream.send("one\n");
    CHECK(stream.receive_line() == ack);
    talk(datagrams, "two\n");
    unix_stream.send("three\n");
    CHECK(unix_stream.receive_line() == ack);
    talk(unix_datagrams, "four\n");
    auto const records = split_lines(server.output());
    REQUIRE(records.size() == 4);
    CHECK(records[1].find(fmt::format(R"("from":"{}","message":"two")", datagrams.own_address())) !=
          std::string::npos);
    CHECK(records[3].find(fmt::format(R"("from":"{}","message":"four")",
                                      unix_datagrams.own_address())) != std::string::npos);
    CHECK(server.stop() == Exit::with(0));
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("talk: the answer comes from the address that was written to",
          "[datagrams][talk][system]") {
    auto server = start("udp:0");
    for (std::string const host : {"127.0.0.1", "127.0.0.2", "::1"}) {
        if (host == "::1" && !has_ipv6()) {
            continue;
        }
        CAPTURE(host);
        std::string const address = with_host(server.address(), host);
        auto peer = DatagramPeer::to(address);
        talk(peer, "where are you?");
        CHECK(peer.sender() == address);
    }
}

TEST_CASE("talk: what is sent to everybody is answered from the server's own address",
          "[datagrams][talk][system]") {
    std::string const listening = GENERATE("udp:0", "udp:0.0.0.0:0");
    CAPTURE(listening);
    auto server = start(listening);
    auto peer = DatagramPeer::to(with_host(server.address(), "127.255.255.255"));
    int const yes = 1;
    REQUIRE(::setsockopt(peer.descriptor(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) == 0);
    talk(peer, "is anybody there?");
    CHECK(peer.sender() == with_host(server.address(), "127.0.0.1"));
}

TEST_CASE("talk: a sender whose name fills all of its address is told, and answered",
          "[datagrams][talk][system]") {
    TempDir const directory;
    auto server = start("unixgram:" + directory / "s", {"--show", "json"});
    std::string const form = GENERATE("unixgram:", "unixgram:@");
    std::string const own = full_address(form, directory);
    auto peer = DatagramPeer::to(server.address(), own);
    talk(peer, "a long way");
    CHECK(peer.own_address() == own);
    CHECK(nlohmann::json::parse(server.output())["from"] == own);
    peer.send("once more");
    CHECK(peer.receive() == ack_line);
}

TEST_CASE("talk: a sender without an address is displayed, and gets no answer",
          "[datagrams][talk][system]") {
    TempDir const directory;
    auto server = start("unixgram:" + directory / "s");
    auto peer = DatagramPeer::nameless(server.address());
    peer.send("from nobody");
    eventually("it is displayed", [&] { return server.output() == "from nobody\n"; });
    eventually("it is counted", [&] { return server.counter("unanswered") == 1; });
    CHECK(server.counter("acknowledged") == 0);
}

TEST_CASE("talk: an address that is taken is not shared", "[datagrams][talk][system]") {
    Place const place;
    auto server = start(place.lasting_address());
    Run const second = run(server_launch({server.address()}));
    CHECK(second.exit == Exit::with(1));
    CAPTURE(second.err);
    CHECK(second.err.find("cannot listen on " + server.address()) != std::string::npos);
    auto peer = DatagramPeer::to(server.address());
    talk(peer, "still here");
    server.stop();
    auto again = start(server.address());
    auto late = DatagramPeer::to(again.address());
    talk(late, "a restart works at once");
}

TEST_CASE("many: every sender is acked for each message, and each is displayed once",
          "[datagrams][many][system][concurrency]") {
    Place const place;
    constexpr std::size_t senders = 200;
    constexpr std::size_t messages = 20;
    std::string const threads = GENERATE("1", "2");
    auto server = start(place.address(), {"--threads", threads});
    std::vector<DatagramPeer> peers;
    peers.reserve(senders);
    for (std::size_t i = 0; i < senders; ++i) {
        peers.push_back(DatagramPeer::to(server.address()));
    }
    std::vector<std::string> expected;
    for (std::size_t message = 0; message < messages; ++message) {
        for (std::size_t i = 0; i < senders; ++i) {
            expected.push_back(fmt::format("message {} of {}", message, i));
            peers[i].send(expected.back());
        }
        for (DatagramPeer& peer : peers) {
            CHECK(peer.receive() == ack_line);
        }
    }
    auto displayed = split_lines(server.output());
    std::ranges::sort(displayed);
    std::ranges::sort(expected);
    CHECK(displayed == expected);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("many: what one sender says in a burst is displayed in its order",
          "[datagrams][many][system]") {
    Place const place;
    auto server = start(place.address());
    auto peer = DatagramPeer::to(server.address());
    std::string expected;
    for (int i = 0; i < 100; ++i) {
        expected += fmt::format("{}\n", i);
        peer.send(fmt::format("{}\n", i));
    }
    eventually("all is displayed", [&] { return server.output() == expected; });
}

TEST_CASE("limit: a datagram waits for a place, or is told that there is none",
          "[datagrams][limit][system]") {
    Place const place;
    bool const refuse = GENERATE(false, true);
    ServerSetup setup;
    setup.addresses = 2;
    auto server = start(place.address(),
                        {"127.0.0.1:0", "--limit", "1", "--when-full", refuse ? "refuse" : "wait"},
                        std::move(setup));
    auto holder = Peer::connect(server.address(0));
    holder.send("mine\n");
    CHECK(holder.receive_line() == ack);
    auto peer = DatagramPeer::to(server.address(1));
    peer.send("me too\n");
    if (refuse) {
        CHECK(peer.receive() == "error: busy\n");
        CHECK(server.counter("refused_busy") == 1);
    } else {
        CHECK_FALSE(peer.would_receive_within(a_while));
    }
    CHECK(server.output() == "mine\n");
    holder.half_close();
    CHECK(holder.wait_for_end() == End::closed);
    if (refuse) {
        // The place is free only when the server has seen the end of its own coroutine.
        eventually("the place is free", [&] { return server.counter("clients") == 0; });
        talk(peer, "now\n");
    } else {
        CHECK(peer.receive() == ack_line);
    }
}

TEST_CASE("deadline: a shutdown does not wait longer than --drain-timeout for the display",
          "[datagrams][deadline][system]") {
    Place const place;
    auto server = start_stalled(place.address(), {"--drain-timeout", "10s"});
    auto peer = DatagramPeer::to(server.address());
    stall(server, peer);
    server.signal(SIGTERM);
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK(peer.receive() == "error: cannot display\n");
}

TEST_CASE("deadline: a sender may be silent for as long as it likes",
          "[datagrams][deadline][system]") {
    Place const place;
    auto server = start(place.address(), {"--idle-timeout", "20ms", "--message-timeout", "20ms"});
    auto peer = DatagramPeer::to(server.address());
    talk(peer, "before");
    CHECK_FALSE(peer.would_receive_within(a_while));
    talk(peer, "after");
}

TEST_CASE("drain: what has been received is displayed and acked, what has not is told",
          "[datagrams][drain][system]") {
    Place const place;
    ServerSetup setup;
    setup.addresses = 2;
    setup.out = Stdio::stalled_pipe();
    auto server = start(place.address(), {"127.0.0.1:0"}, std::move(setup));
    auto idle = Peer::connect(server.address(0));
    auto peer = DatagramPeer::to(server.address(1));
    stall(server, peer);
    auto late = DatagramPeer::to(server.address(1));
    late.send("too late");
    server.signal(SIGTERM);
    CHECK(idle.receive_line() == "error: shutting down");  // it has begun to drain
    idle.close();
    server.process().out().resume();
    CHECK(peer.receive() == ack_line);
    CHECK(late.receive() == "error: shutting down\n");
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.process().out().read_all() == large('a') + '\n' + large('b') + '\n');
}

TEST_CASE("too long: refused in its place, and the next one is taken",
          "[datagrams][too-long][system]") {
    Place const place;
    auto server = start(place.address(), {"--max-message", "100B"});
    auto peer = DatagramPeer::to(server.address());
    std::string const refusal = "error: message longer than 100 bytes\n";
    for (std::string const ending : {"", "\n", "\r\n"}) {
        talk(peer, std::string(100, 'x') + ending);
        peer.send(std::string(101, 'x') + ending);
        CHECK(peer.receive() == refusal);
    }
    CHECK(server.counter("refused_too_long") == 3);
    CHECK(split_lines(server.output()) == std::vector<std::string>(3, std::string(100, 'x')));
}

TEST_CASE("answers: an ack that just fits into a datagram is sent", "[datagrams][system]") {
    TempDir const directory;
    std::string const longest(65'506, 'a');
    for (std::string const& address :
         {std::string("udp:127.0.0.1:0"), "unixgram:" + directory / "s"}) {
        CAPTURE(address);
        auto server = ServerProcess::start({"--ack", longest, address});
        auto peer = DatagramPeer::to(server.address());
        peer.send("hello");
        CHECK((peer.receive() == longest + '\n'));
        CHECK(server.counter("unanswered") == 0);
    }
}

TEST_CASE("truncated: a datagram that is cut off is refused, never displayed",
          "[datagrams][truncated][system]") {
    Place const place;
    auto server = start(place.address(), {"--max-message", "10B"});
    auto peer = DatagramPeer::to(server.address());
    // The first bytes alone would be a message.
    peer.send("short\n" + std::string(20'000, '\n'));
    CHECK(peer.receive() == "error: message longer than 10 bytes\n");
    talk(peer, "after");
    CHECK(server.output() == "after\n");
}

TEST_CASE("truncated: the largest datagram that there is arrives whole",
          "[datagrams][truncated][system]") {
    auto server = start("udp:127.0.0.1:0");
    auto peer = DatagramPeer::to(server.address());
    std::string const largest(65'507, 'x');  // 65,535 less the headers of IPv4 and UDP
    talk(peer, largest);
    CHECK(server.output() == largest + '\n');
}

TEST_CASE("escape: a datagram is one record, whatever is in it", "[datagrams][escape][system]") {
    Place const place;
    auto server = start(place.address());
    auto peer = DatagramPeer::to(server.address());
    talk(peer, "one\nforged\n\x1b[31m\xff\\");
    CHECK(server.output() == "one\\x0aforged\\x0a\\x1b[31m\\xff\\\\\n");
}
