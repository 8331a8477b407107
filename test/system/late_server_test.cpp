// A server that comes to its work late itself: what its clients have done in time is not held
// against them.
#include "support/answers.hpp"
#include "support/files.hpp"
#include "support/milliseconds.hpp"
#include "support/peer.hpp"
#include "support/peer_group.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <thread>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

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

/// A message that has begun, and whose rest comes while the server does nothing. False: this test
/// was not in time itself.
bool play_long_message(std::string const& address, std::string const& rest, Duration timeout) {
    auto server = ServerProcess::start(
        {"--max-message", "1MiB", "--message-timeout", in_ms(timeout), address});
    auto const begun = Clock::now();
    Peer peer = Peer::connect(server.address());
    peer.send("begun");
    eventually("it has been received", [&] { return server.counter("bytes") == 5; });
    {
        Suspended const suspended(server.id());
        if (Clock::now() - begun >= timeout) {
            return false;
        }
        // All of it, or it would not be there in time.
        REQUIRE(peer.send_until_stuck(rest) == rest.size());
        std::this_thread::sleep_for(timeout + 100ms);
    }
    CHECK(peer.receive_line() == ack);
    peer.send("next\n");
    CHECK(peer.receive_line() == ack);
    return true;
}

/// One that says without a pause what never ends, to a server that comes late. False: this test was
/// not in time itself.
bool play_endless_message(std::string const& address, Duration timeout) {
    auto server = ServerProcess::start(
        {"--max-message", "1024MiB", "--message-timeout", in_ms(timeout), address});
    auto const begun = Clock::now();
    Peer peer = Peer::connect(server.address());
    peer.send("begun");
    eventually("it has been received", [&] { return server.counter("bytes") == 5; });
    std::string const piece(100'000, 'x');
    {
        Suspended const suspended(server.id());
        if (Clock::now() - begun >= timeout) {
            return false;
        }
        REQUIRE(peer.send_until_stuck(piece) == piece.size());
        std::this_thread::sleep_for(timeout + 100ms);
    }
    Deadline const deadline;
    while (!peer.would_receive_within(0ms) && !deadline.over()) {
        peer.send_until_stuck(piece, 0ms);
    }
    CHECK_THAT(peer.receive_line(), StartsWith("error: message not finished within "));
    return true;
}

/// False: this test was not in time itself.
bool play_late_clients(Duration timeout) {
    auto server = ServerProcess::start(
        {"--idle-timeout", in_ms(timeout), "--message-timeout", in_ms(timeout), "127.0.0.1:0"});
    std::optional<Suspended> suspended(server.id());
    Peer silent = Peer::connect(server.address());
    Peer unfinished = Peer::connect(server.address());
    unfinished.send("begun");
    auto const begun = Clock::now();
    suspended.reset();
    eventually("it has been received", [&] { return server.counter("bytes") == 5; });
    suspended.emplace(server.id());
    if (Clock::now() - begun >= timeout) {
        return false;
    }
    unfinished.send("and not ended");
    std::this_thread::sleep_for(timeout + 100ms);
    suspended.reset();
    CHECK_THAT(silent.receive_all(), StartsWith("error: idle for "));
    CHECK_THAT(unfinished.receive_all(), StartsWith("error: message not finished within "));
    return true;
}

}  // namespace

TEST_CASE("No client is idle that has sent something, however many the server finds at once",
          "[late-server][system]") {
    REQUIRE(succeeds_given_time(3s, play_idle_clients));
}

TEST_CASE("A long message that has ended in time is not refused", "[late-server][system]") {
    REQUIRE(succeeds_given_time(3s, [](Duration timeout) {
        return play_long_message("127.0.0.1:0", std::string(40'000, 'x') + '\n', timeout);
    }));
}

TEST_CASE("A message that has ended in time is not refused, however many reads it takes",
          "[late-server][system]") {
    TempDir const directory;
    // More than two reads take, the first of which is short, and much of what a socket holds.
    auto const bytes = GENERATE(std::size_t{70'000}, std::size_t{150'000});
    CAPTURE(bytes);
    REQUIRE(succeeds_given_time(3s, [&](Duration timeout) {
        return play_long_message("unix:" + directory / "s", std::string(bytes, 'x') + "\r\n",
                                 timeout);
    }));
}

TEST_CASE("What comes after the deadline does not put it off", "[late-server][system]") {
    TempDir const directory;
    REQUIRE(succeeds_given_time(3s, [&](Duration timeout) {
        return play_endless_message("unix:" + directory / "s", timeout);
    }));
}

TEST_CASE("What was not in time is refused by a late server too", "[late-server][system]") {
    REQUIRE(succeeds_given_time(3s, play_late_clients));
}
