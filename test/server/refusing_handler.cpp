// A handler that refuses: the client hears why, and the server goes on.
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/running_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>

namespace roger::test {
namespace {

using namespace std::chrono_literals;

/// All but `ok`, each with a reason of its own, and a long one.
Task<void> take_ok(Batch const& batch) {
    for (Message const& message : batch) {
        if (message.text != "ok") {
            batch.refuse(message, std::string(990, 'r') + std::string(message.text));
        }
    }
    co_return;
}

/// From the heap, by this process.
std::size_t allocated_bytes() {
    auto const now = ::mallinfo2();
    return now.uordblks + now.hblkhd;
}

/// Until the server waits for it to take its answers, and does nothing.
void send_and_take_nothing(Peer& peer, Server const& server, std::string const& messages) {
    eventually("the server waits for a client to take its answers", [&] {
        auto const before = server.counters();
        bool const stuck = peer.send_until_stuck(messages, 20ms) == 0;
        auto const after = server.counters();
        return stuck && after.displayed == before.displayed && after.acknowledged < after.displayed;
    });
}

/// Looks at messages without their first byte, and refuses those.
Task<void> refuse_without_first_byte(Batch const& batch) {
    for (Message message : batch) {
        message.text.remove_prefix(1);
        batch.refuse(message, message.text);
    }
    co_return;
}

/// Refuses a message `no` by itself, and a batch that has an `all`.
Task<void> choose(Batch const& batch) {
    for (Message const& message : batch) {
        if (message.text.starts_with("no")) {
            batch.refuse(message, "not " + std::string(message.text));
        }
    }
    co_await pass_time(1ms);
    for (std::string_view const message : batch) {
        if (message == "all") {
            throw Refused("the whole of it");
        }
    }
}

}  // namespace

TEST_CASE("A handler refuses some messages of a batch with a text of its own, each in its place",
          "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    RunningServer running({.threads = threads}, choose);
    Peer peer = Peer::connect(running.address());
    peer.send("yes\nno 1\nno 2\nyes\nno 1\n");
    CHECK(peer.receive_line() == ack);
    CHECK(peer.receive_line() == "error: not no 1");
    CHECK(peer.receive_line() == "error: not no 2");
    CHECK(peer.receive_line() == ack);
    CHECK(peer.receive_line() == "error: not no 1");
    talk(peer, "and it goes on");
    peer.close();
    CHECK(running.stop().success());
    auto const counters = running.server().counters();
    CHECK(counters.messages == 6);
    CHECK(counters.displayed == 3);
    CHECK(counters.acknowledged == 3);
    CHECK(counters.handler_refused == 3);
    CHECK(counters.handler_failed == 0);
}

TEST_CASE("A handler refuses a whole batch, and the server goes on", "[server][concurrency]") {
    RunningServer running({}, choose);
    Peer peer = Peer::connect(running.address());
    peer.send("all\n");
    CHECK(peer.receive_line() == "error: the whole of it");
    talk(peer, "and it goes on");
    peer.close();
    CHECK(running.stop().success());
    CHECK(running.warnings().empty());
    CHECK(running.server().counters().handler_refused == 1);
}

TEST_CASE("What a handler refused by itself keeps its own reason when the rest is refused",
          "[server][concurrency]") {
    RunningServer running({}, choose);
    Peer peer = Peer::connect(running.address());
    peer.send("no\nall\n");
    CHECK(peer.receive_line() == "error: not no");
    CHECK(peer.receive_line() == "error: the whole of it");
}

TEST_CASE("A refusal stands beside a message that was too long", "[server][concurrency]") {
    RunningServer running({.max_message = 5}, choose);
    Peer peer = Peer::connect(running.address());
    peer.send("yes\ntoo long\nno\nyes\n");
    CHECK(peer.receive_line() == ack);
    CHECK(peer.receive_line() + '\n' == too_long_line(5));
    CHECK(peer.receive_line() == "error: not no");
    CHECK(peer.receive_line() == ack);
}

TEST_CASE("Thousands of refused messages at once are answered in order", "[server][concurrency]") {
    RunningServer running({}, choose);
    Peer peer = Peer::connect(running.address());
    std::string said;
    std::string expected;
    for (int number = 0; number != 5000; ++number) {
        bool const refused = number % 3 == 0;
        said += refused ? "no\n" : "y\n";
        expected += refused ? "error: not no\n" : ack_line;
    }
    peer.send(said);
    CHECK(peer.receive_exactly(expected.size()) == expected);
}

TEST_CASE("A client that takes no refusals costs their different reasons, and two bytes for each",
          "[server][memory]") {
    if constexpr (sanitized) {
        SKIP("a sanitizer's allocator is another");
    }
    constexpr std::size_t max_reasons_bytes = 50 * 1000;
    std::string messages;
    for (int number = 0; number != 100'000; ++number) {
        messages += number % 10 == 0 ? "ok\n" : std::to_string(number % 1000) + '\n';
    }
    RunningServer running({.write_timeout = std::nullopt}, take_ok);
    constexpr std::size_t count = 5;
    std::vector<Peer> peers;
    std::vector<std::size_t> costs;
    for (std::size_t i = 0; i < count; ++i) {
        auto const before = allocated_bytes();
        peers.push_back(Peer::connect(running.address(), {.receive_buffer = 4096}));
        send_and_take_nothing(peers.back(), running.server(), messages);
        auto const after = allocated_bytes();
        costs.push_back(after - std::min(before, after));
    }
    std::ranges::nth_element(costs, costs.begin() + count / 2);
    // The text of each answer would be a megabyte. At a busy moment a turn may still be there.
    CHECK(costs[count / 2] < 2 * max_reasons_bytes);
}

TEST_CASE("A handler may change a message's text before it refuses the message",
          "[server][concurrency]") {
    TempDir const directory;
    RunningServer running(at({"127.0.0.1:0", "unixgram:" + directory / "d"}),
                          refuse_without_first_byte);
    Peer peer = Peer::connect(running.address());
    peer.send("one\ntwo\n");
    CHECK(peer.receive_line() == "error: ne");
    CHECK(peer.receive_line() == "error: wo");
    auto datagrams = DatagramPeer::to(running.address(1));
    datagrams.send("three");
    CHECK(datagrams.receive() == "error: hree\n");
    CHECK(running.server().counters().displayed == 0);
}

TEST_CASE("A handler that refuses a message of an earlier batch has an error of its own",
          "[server][concurrency]") {
    std::optional<Message> earlier;
    RunningServer running({}, [&earlier](Batch const& batch) -> Task<void> {
        if (earlier) {
            batch.refuse(*earlier, "too late");
        }
        earlier = *batch.begin();
        co_return;
    });
    Peer peer = Peer::connect(running.address());
    talk(peer, "first");
    peer.send("second\n");
    CHECK(peer.receive_line() == "error: cannot display");
    CHECK(running.result().failure ==
          "a message is refused by the batch that it is of, and no other");
}

TEST_CASE("A handler refuses datagrams, each to its sender", "[server][concurrency]") {
    TempDir const directory;
    RunningServer running(at({"unixgram:" + directory / "d"}), choose);
    auto one = DatagramPeer::to(running.address());
    auto other = DatagramPeer::to(running.address());
    one.send("no");
    other.send("yes");
    CHECK(one.receive() == "error: not no\n");
    CHECK(other.receive() == ack_line);
    CHECK(running.server().counters().handler_refused == 1);
}

TEST_CASE("A refusal of another server's is not refused in turn, so that two never talk for ever",
          "[server][concurrency]") {
    TempDir const directory;
    RunningServer running(at({"unixgram:" + directory / "d"}),
                          [](Batch const&) -> Task<void> { throw Refused("I take nothing"); });
    auto peer = DatagramPeer::to(running.address());
    peer.send("error: nor do I");
    eventually("it was refused", [&] { return running.server().counters().handler_refused == 1; });
    peer.send("hello");
    CHECK(peer.receive() == "error: I take nothing\n");
    CHECK(running.server().counters().handler_refused == 2);
}

}  // namespace roger::test
