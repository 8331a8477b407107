// Limit: maximum connections, and whether the rest wait or are refused.
#include "support/answers.hpp"
#include "support/facts.hpp"
#include "support/peer.hpp"
#include "support/peer_group.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// Long enough for an answer to come, if one came.
constexpr Duration a_moment = 100ms;

/// Says `message` before the server has had time to lose its patience.
Peer connect_and_say(ServerProcess const& server, std::string const& message) {
    Suspended const suspended(server.id());
    Peer peer = Peer::connect(server.address());
    peer.send(message + '\n');
    return peer;
}

/// A way to leave.
struct Way {
    std::string name;
    std::vector<std::string> options;
    std::function<void(Peer&)> leave;
    Duration stays = default_deadline;  ///< if it does nothing
};

/// Says more and more without taking an answer, until the server has had enough.
void flood_without_reading(Peer& peer) {
    std::string const lines(1'000'000, '\n');
    Deadline const deadline;
    while (peer.send_until_stuck(lines, default_deadline) == lines.size() && !deadline.over()) {
    }
}

std::vector<Way> ways_to_leave() {
    return {
        {"half-close", {}, [](Peer& peer) { peer.half_close(); }},
        {"close", {}, [](Peer& peer) { peer.close(); }},
        {"reset", {}, [](Peer& peer) { peer.reset(); }},
        {"close with a message begun",
         {},
         [](Peer& peer) {
             peer.send("begun");
             peer.close();
         }},
        {"reset with a message begun",
         {},
         [](Peer& peer) {
             peer.send("begun");
             peer.reset();
         }},
        {"half-close, and stay",
         {},
         [](Peer& peer) {
             peer.half_close();
             CHECK(peer.receive_all() == "");
         }},
        // This one stays, until the server has waited long enough for it to go.
        {"idle timeout",
         {"--idle-timeout", "100ms"},
         [](Peer& peer) { CHECK(peer.receive_all() == "error: idle for 100ms\n"); },
         100ms},
        {"message timeout",
         {"--message-timeout", "100ms"},
         [](Peer& peer) {
             peer.send("begun");
             CHECK(peer.receive_all() == "error: message not finished within 100ms\n");
             peer.close();
         }},
        {"write timeout", {"--write-timeout", "100ms"}, flood_without_reading},
    };
}

ServerProcess start_limited(std::vector<std::string> options, std::string const& limit,
                            std::vector<std::string> const& addresses = {"127.0.0.1:0"},
                            ServerSetup setup = {}) {
    options.insert(options.end(), {"--limit", limit});
    options.insert(options.end(), addresses.begin(), addresses.end());
    setup.addresses = addresses.size();
    return ServerProcess::start(std::move(options), std::move(setup));
}

}  // namespace

TEST_CASE("At the limit newcomers wait until there is a place", "[limit][system]") {
    auto server = start_limited({}, "2");
    Peer first = Peer::connect(server.address());
    Peer second = Peer::connect(server.address());
    talk(first, "first");
    talk(second, "second");
    Peer third = Peer::connect(server.address());
    Peer fourth = Peer::connect(server.address());
    third.send("third\n");
    fourth.send("fourth\n");
    CHECK_FALSE(third.would_receive_within(a_moment));
    CHECK(server.output() == "first\nsecond\n");
    // Those who have a place are served as ever.
    talk(first, "first again");

    first.half_close();
    CHECK(third.receive_line() == ack);
    CHECK_FALSE(fourth.would_receive_within(a_moment));
    second.half_close();
    CHECK(fourth.receive_line() == ack);
    CHECK(server.output() == "first\nsecond\nfirst again\nthird\nfourth\n");
    CHECK(server.counter("refused_busy") == 0);
    CHECK(server.counter("accepted") == 4);
}

TEST_CASE("At the limit newcomers are told that the server is busy", "[limit][system]") {
    auto server = start_limited({"--when-full", "refuse"}, "2");
    Peer first = Peer::connect(server.address());
    Peer second = Peer::connect(server.address());
    talk(first, "first");
    talk(second, "second");

    Peer silent = Peer::connect(server.address());
    CHECK(silent.receive_all() == "error: busy\n");
    // What it has said already does not cost it the answer.
    Peer eager = Peer::connect(server.address());
    eager.send("eager\n");
    CHECK(eager.receive_all() == "error: busy\n");
    CHECK(server.counter("refused_busy") == 2);
    CHECK(server.counter("accepted") == 2);
    CHECK(server.counter("clients") == 2);

    talk(first, "first again");
    first.half_close();
    CHECK(first.receive_all() == "");
    Peer next = Peer::connect(server.address());
    talk(next, "next");
    CHECK(server.output() == "first\nsecond\nfirst again\nnext\n");
}

TEST_CASE("A place is free again whatever way a client leaves, for one who waits",
          "[limit][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    for (auto const& way : ways_to_leave()) {
        CAPTURE(threads, way.name);
        auto options = way.options;
        options.insert(options.end(), {"--threads", threads});
        auto server = start_limited(options, "1");
        auto const begun = Clock::now();
        Peer leaver = connect_and_say(server, "here");
        CHECK(leaver.receive_line() == ack);
        Peer waiter = Peer::connect(server.address());
        waiter.send("waited\n");
        bool const is_served = waiter.would_receive_within(10ms);
        CHECK((!is_served || Clock::now() - begun >= way.stays));
        way.leave(leaver);
        CHECK(waiter.receive_line() == ack);
        CHECK(split_lines(server.output()).back() == "waited");
        CHECK(server.counter("accepted") == 2);
    }
}

TEST_CASE("A place is free again whatever way a client leaves, for the next to come",
          "[limit][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    for (auto const& way : ways_to_leave()) {
        CAPTURE(threads, way.name);
        auto options = way.options;
        options.insert(options.end(), {"--threads", threads, "--when-full", "refuse"});
        auto server = start_limited(options, "1");
        Peer leaver = connect_and_say(server, "here");
        CHECK(leaver.receive_line() == ack);
        way.leave(leaver);
        eventually("a place for the next client", [&server] {
            Peer next = connect_and_say(server, "next");
            auto const answer = next.receive_line();
            CHECK((answer == ack || answer == "error: busy"));
            return answer == ack;
        });
    }
}

TEST_CASE("Places do not get lost over many clients", "[limit][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    auto server = start_limited({"--threads", threads}, "3");
    auto const ways = ways_to_leave();
    for (std::size_t round = 0; round < 100; ++round) {
        // Without those that are a matter of time.
        auto const& way = ways.at(round % 6);
        CAPTURE(round, way.name);
        Peer peer = Peer::connect(server.address());
        talk(peer, "here");
        way.leave(peer);
    }
    Peer last = Peer::connect(server.address());
    talk(last, "last");
    eventually("all others have gone", [&server] { return server.counter("clients") == 1; });
    CHECK(server.counter("accepted") == 101);
}

TEST_CASE("Never more clients at once than the limit, and in the end all are served",
          "[limit][system][concurrency]") {
    constexpr std::size_t limit = 5;
    constexpr std::size_t clients = 60;
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    auto server = start_limited({"--threads", threads}, std::to_string(limit));
    auto const idle_descriptors = open_descriptors(server.id());
    PeerGroup group(server.address(), clients);
    std::size_t answered = 0;
    std::size_t most_descriptors = 0;
    group.on_line([&](std::size_t member) {
        ++answered;
        most_descriptors = std::max(most_descriptors, open_descriptors(server.id()));
        group.finish(member);
    });
    for (std::size_t member = 0; member < clients; ++member) {
        group.send(member, "here\n");
    }
    group.run_until_ended();
    CHECK(answered == clients);
    std::size_t const of_ubsan = sanitized ? 2 : 0;  // a pipe, for a moment
    CHECK(most_descriptors <= idle_descriptors + limit + of_ubsan);
    CHECK(server.counter("accepted") == clients);
    CHECK(split_lines(server.output()).size() == clients);
}

TEST_CASE("The limit holds over several addresses together", "[limit][system]") {
    TempDir const directory;
    std::vector<std::string> const addresses = {"127.0.0.1:0", "unix:" + directory / "s",
                                                "127.0.0.1:0"};
    auto waiting = start_limited({}, "2", addresses);
    Peer first = Peer::connect(waiting.address(0));
    Peer second = Peer::connect(waiting.address(1));
    talk(first, "first");
    talk(second, "second");
    std::vector<Peer> newcomers;
    for (std::size_t number = 0; number < 3; ++number) {
        newcomers.push_back(Peer::connect(waiting.address(number)));
        newcomers.back().send("new\n");
    }
    CHECK_FALSE(newcomers[0].would_receive_within(a_moment));
    CHECK_FALSE(newcomers[1].would_receive_within(0ms));
    CHECK_FALSE(newcomers[2].would_receive_within(0ms));
    // A place serves whoever comes next, at whatever address; in the end all of them.
    first.half_close();
    eventually("every newcomer is served", [&newcomers] {
        auto const served = std::ranges::find_if(
            newcomers, [](Peer& newcomer) { return newcomer.would_receive_within(0ms); });
        if (served != newcomers.end()) {
            CHECK(served->receive_line() == ack);
            newcomers.erase(served);
        }
        return newcomers.empty();
    });
}

TEST_CASE("Newcomers are refused at every address when all together are full", "[limit][system]") {
    TempDir const directory;
    auto server =
        start_limited({"--when-full", "refuse"}, "2",
                      {"127.0.0.1:0", "unix:" + directory / "s", "unix:" + directory / "t"});
    Peer first = Peer::connect(server.address(0));
    Peer second = Peer::connect(server.address(1));
    talk(first, "first");
    talk(second, "second");
    for (std::size_t number = 0; number < 3; ++number) {
        CAPTURE(number);
        Peer newcomer = Peer::connect(server.address(number));
        CHECK(newcomer.receive_all() == "error: busy\n");
    }
    CHECK(server.counter("refused_busy") == 3);
}

TEST_CASE("A full server stops at once", "[limit][system]") {
    auto const when_full = GENERATE(as<std::string>(), "wait", "refuse");
    auto const* const signal = GENERATE("SIGTERM", "SIGINT");
    CAPTURE(when_full, signal);
    // Without a drain timeout, which would end it too.
    auto server = start_limited({"--when-full", when_full, "--drain-timeout", "none"}, "1");
    Peer inside = Peer::connect(server.address());
    talk(inside, "inside");
    Peer outside = Peer::connect(server.address());
    outside.send("outside\n");
    server.signal(signal == std::string_view("SIGTERM") ? SIGTERM : SIGINT);
    CHECK(inside.receive_all() == "error: shutting down\n");
    inside.close();
    outside.wait_for_end();
    outside.close();
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "inside\n");
}
