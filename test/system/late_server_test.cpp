// A server that comes to its work late itself: what its clients have done in time is not held
// against them.
#include "support/answers.hpp"
#include "support/milliseconds.hpp"
#include "support/peer.hpp"
#include "support/peer_group.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <thread>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// False: this test was not in time itself.
bool play_idle_clients(Duration timeout) {
    auto server = ServerProcess::start({"--idle-timeout", in_ms(timeout), "127.0.0.1:0"});
    // More than one look at the sockets shows.
    constexpr std::size_t count = 600;
    PeerGroup group;
    Clock::time_point begun;
    {
        Suspended const suspended(server.id());
        group.connect(server.address(), count);
        begun = Clock::now();
    }
    eventually("they are served", [&] {
        return Clock::now() - begun >= timeout || server.counter("clients") == count;
    });
    {
        Suspended const suspended(server.id());
        if (Clock::now() - begun >= timeout) {
            return false;
        }
        std::this_thread::sleep_for(timeout + 100ms);
        for (std::size_t member = 0; member != count; ++member) {
            group.peer(member).send("still here\n");
        }
    }
    for (std::size_t member = 0; member != count; ++member) {
        REQUIRE(group.peer(member).receive_line() == ack);
    }
    return true;
}

/// False: this test was not in time itself.
bool play_long_message(Duration timeout) {
    auto server = ServerProcess::start({"--message-timeout", in_ms(timeout), "127.0.0.1:0"});
    auto const begun = Clock::now();
    Peer peer = Peer::connect(server.address());
    peer.send("begun");
    eventually("it has been received", [&] { return server.counter("bytes") == 5; });
    {
        Suspended const suspended(server.id());
        if (Clock::now() - begun >= timeout) {
            return false;
        }
        peer.send(std::string(40'000, 'x') + "\n");
        std::this_thread::sleep_for(timeout + 100ms);
    }
    CHECK(peer.receive_line() == ack);
    return true;
}

}  // namespace

TEST_CASE("No client is idle that has sent something, however many the server finds at once",
          "[late-server][system]") {
    REQUIRE(succeeds_given_time(3s, play_idle_clients));
}

TEST_CASE("A long message that has ended in time is not refused", "[late-server][system]") {
    REQUIRE(succeeds_given_time(3s, play_long_message));
}

TEST_CASE("What was not in time is refused by a late server too", "[late-server][system]") {
    auto server =
        ServerProcess::start({"--idle-timeout", "1s", "--message-timeout", "1s", "127.0.0.1:0"});
    std::optional<Suspended> suspended(server.id());
    Peer silent = Peer::connect(server.address());
    Peer unfinished = Peer::connect(server.address());
    unfinished.send("begun");
    suspended.reset();
    eventually("it has been received", [&] { return server.counter("bytes") == 5; });
    suspended.emplace(server.id());
    unfinished.send("and not ended");
    std::this_thread::sleep_for(1100ms);
    suspended.reset();
    CHECK(silent.receive_all() == "error: idle for 1s\n");
    CHECK(unfinished.receive_all() == "error: message not finished within 1s\n");
}
