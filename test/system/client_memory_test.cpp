// What clients cost: one that the server waits for not more than what it is still owed, and an
// exchange no memory at all.
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/deaf.hpp"
#include "support/facts.hpp"
#include "support/failing_calls.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// The session, and two bytes for each of the 1,024 answers that it is owed at most at once; the
/// system gives memory in pages of 4 KiB.
constexpr std::size_t most_for_a_deaf_client = 8 * 1024;

/// What a sanitizer keeps is not the server's.
void skip_under_sanitizers() {
    if constexpr (sanitized) {
        SKIP("a sanitizer's allocator does not give back what it is given");
    }
}

/// Bytes of the server's own memory that most of some clients cost, each of which comes and does
/// something. What the server begins to keep for all of them falls on a few, which do not count.
std::size_t bytes_per_client(ServerProcess& server, std::function<Peer()> const& come) {
    constexpr std::size_t count = 20;
    std::vector<Peer> peers;
    std::vector<std::size_t> costs;
    std::size_t before = anonymous_memory(server.id());
    for (std::size_t i = 0; i < count; ++i) {
        peers.push_back(come());
        std::size_t const after = anonymous_memory(server.id());
        costs.push_back(after - std::min(before, after));
        before = after;
    }
    auto const median = costs.begin() + count / 2;
    std::ranges::nth_element(costs, median);
    return *median;
}

/// The same of clients, each of which sends `messages` until the server waits for it.
std::size_t bytes_per_deaf_client(ServerProcess& server, std::string const& messages) {
    return bytes_per_client(server, [&] {
        // With all of it there at once, every client brings the server to read as much.
        std::optional<Suspended> suspended(server.id());
        Peer peer = Peer::connect(server.address(), {.receive_buffer = 4096});
        peer.send_until_stuck(messages, 0ms);
        suspended.reset();
        send_until_server_waits(peer, server, messages);
        return peer;
    });
}

std::string repeated(std::string const& text, std::size_t bytes) {
    std::string all;
    while (all.size() < bytes) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("A client that takes no answers costs no more than these", "[memory][system]") {
    skip_under_sanitizers();
    auto server = ServerProcess::start({"--write-timeout", "none", "127.0.0.1:0"});
    std::string const messages = repeated(std::string(50, 'x') + '\n', 1'000'000);
    CHECK(bytes_per_deaf_client(server, messages) < most_for_a_deaf_client);
}

TEST_CASE("A client that takes no answers costs no more although its messages become short",
          "[memory][system]") {
    skip_under_sanitizers();
    auto server = ServerProcess::start({"--write-timeout", "none", "127.0.0.1:0"});
    std::string const messages =
        repeated(std::string(1000, 'x') + '\n', 120'000) + std::string(1'000'000, '\n');
    CHECK(bytes_per_deaf_client(server, messages) < most_for_a_deaf_client);
}

TEST_CASE("A client that takes neither acks nor refusals costs less than what it has said",
          "[memory][system]") {
    skip_under_sanitizers();
    auto server =
        ServerProcess::start({"--write-timeout", "none", "--max-message", "1B", "127.0.0.1:0"});
    std::string const messages = repeated("xx\nx\n", 1'000'000);
    CHECK(bytes_per_deaf_client(server, messages) < most_for_a_deaf_client);
}

TEST_CASE("A client in the middle of a message costs little more than what it has said",
          "[memory][system]") {
    skip_under_sanitizers();
    TempDir const directory;
    auto server = ServerProcess::start({"--message-timeout", "none", "unix:" + (directory / "s")});
    std::string const unfinished(65'000, 'x');
    std::size_t said = 0;
    auto const cost = bytes_per_client(server, [&] {
        Peer peer = Peer::connect(server.address());
        peer.send(unfinished);
        said += unfinished.size();
        eventually("it has been received", [&] { return server.counter("bytes") == said; });
        return peer;
    });
    CHECK(cost < 80 * 1024);
}

TEST_CASE("An exchange allocates nothing", "[memory][system]") {
    skip_under_sanitizers();
    TempDir const directory;
    FailingCalls calls;
    auto server = start_with(calls, {"127.0.0.1:0", "unix:" + (directory / "s"), "udp:127.0.0.1:0"},
                             {.addresses = 3, .out = Stdio::null()});
    constexpr std::size_t count = 50;
    std::vector<Peer> peers;
    peers.reserve(count);
    for (std::size_t number = 0; number < count; ++number) {
        peers.push_back(Peer::connect(server.address(number % 2)));
    }
    DatagramPeer sender = DatagramPeer::to(server.address(2));
    auto const send = [&](std::string const& message) {
        for (Peer& peer : peers) {
            peer.send(message + '\n');
        }
        sender.send(message);
    };
    auto const receive = [&] {
        for (Peer& peer : peers) {
            CHECK(peer.receive_line() == ack);
        }
        CHECK(sender.receive() == ack_line);
    };
    // What the largest rounds need is kept for those that follow.
    for (int round = 0; round < 4; ++round) {
        {
            Suspended const all_at_once(server.id());
            send(std::string(100, 'x'));
        }
        receive();
    }

    calls.fail(Call::allocate, 0);
    for (int round = 0; round < 100; ++round) {
        send("message " + std::to_string(round));
        receive();
    }
    CHECK(calls.failures(Call::allocate) == 0);

    Peer newcomer = Peer::connect(server.address());
    talk(newcomer, "who costs something");
    CHECK(calls.failures(Call::allocate) != 0);
}
