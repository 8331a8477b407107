// What comes at an awkward moment is heard all the same, although nothing more comes that would
// have the server look again.
#include "net/async_condition.hpp"
#include "support/answers.hpp"
#include "support/attachments.hpp"
#include "support/deadline.hpp"
#include "support/facts.hpp"
#include "support/failing_calls.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/running_server.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/socket.h>

using namespace roger::test;

namespace {

constexpr std::size_t most_in_a_read = 64 * 1024;

/// A server on TCP and one on a Unix socket, one after the other.
ServerProcess start_server(TempDir const& directory) {
    bool const tcp = GENERATE(true, false);
    return ServerProcess::start({tcp ? "127.0.0.1:0" : "unix:" + directory / "socket"});
}

}  // namespace

TEST_CASE("Messages and the end of the stream that come at once are both heard",
          "[readiness][system]") {
    TempDir const directory;
    auto server = start_server(directory);
    std::optional<Suspended> suspended(server.id());
    Peer peer = Peer::connect(server.address());
    peer.send("one\ntwo\nthree");
    peer.half_close();
    suspended.reset();
    CHECK(peer.receive_all() == times(3, ack_line));
}

TEST_CASE("The end of the stream is heard that comes while an answer is owed",
          "[readiness][system]") {
    TempDir const directory;
    auto server = start_server(directory);
    Peer peer = Peer::connect(server.address());
    peer.send("one\n");
    CHECK(peer.receive_line() + "\n" == ack_line);
    peer.half_close();
    CHECK(peer.receive_all().empty());
}

TEST_CASE("All of what comes at once is read, however many reads it takes", "[readiness][system]") {
    TempDir const directory;
    auto server = start_server(directory);
    constexpr std::size_t count = 5000;
    std::string messages;
    for (std::size_t i = 0; i != count; ++i) {
        messages += std::string(100, 'x') + '\n';
    }
    std::optional<Suspended> suspended(server.id());
    Peer peer = Peer::connect(server.address(), {.send_buffer = 1'000'000});
    std::size_t const sent = peer.send_until_stuck(messages, Duration(0));
    REQUIRE(sent > most_in_a_read);
    suspended.reset();
    // Whole messages, so that nothing needs to follow.
    std::string const rest = messages.substr(sent).substr(0, (101 - sent % 101) % 101);
    peer.send(rest);
    CHECK(peer.receive_exactly((sent + rest.size()) / 101 * ack_line.size()) ==
          times((sent + rest.size()) / 101, ack_line));
}

TEST_CASE("What comes in the midst of a handler is heard when that returns",
          "[readiness][system]") {
    std::optional<Peer> peer;
    std::size_t batches = 0;
    RunningServer running({}, [&](roger::Batch const&) -> roger::Task<void> {
        // Between a read and the wait for more: over loopback it is there when send() returns.
        if (++batches == 1) {
            peer->send("two\n");
        }
        co_return;
    });
    peer = Peer::connect(running.address());
    peer->send("one\n");
    CHECK(peer->receive_exactly(2 * ack_line.size()) == times(2, ack_line));
    running.stop();
    CHECK(batches == 2);
}

TEST_CASE("What comes while a handler is suspended is heard when that returns, the end with it",
          "[readiness][system]") {
    // Of the first client, whose batch waits until the second one's has come: the loop has had a
    // round by then in which it was told of what followed.
    roger::AsyncCondition second_has_come;
    std::vector<std::size_t> batches;
    RunningServer running({}, [&](roger::Batch const& batch) -> roger::Task<void> {
        batches.push_back(static_cast<std::size_t>(std::ranges::distance(batch)));
        if ((*batch.begin()).text == "one") {
            co_await second_has_come.wait();
        } else if ((*batch.begin()).text == "go on") {
            second_has_come.notify_all();
        }
    });
    Peer first = Peer::connect(running.address());
    Peer second = Peer::connect(running.address());
    first.send("one\n");
    eventually("the handler has it", [&] { return running.server().counters().messages == 1; });
    first.send("two\nthree\n");
    first.half_close();
    second.send("go on\n");
    CHECK(second.receive_line() == ack);
    CHECK(first.receive_all() == times(3, ack_line));
    running.stop();
    CHECK(batches == std::vector<std::size_t>{1, 1, 2});
}

TEST_CASE("A client is heard that has the descriptor of one that has just left",
          "[readiness][system]") {
    TempDir const directory;
    auto const* const threads = GENERATE("1", "2");  // with two, the number returns within a round
    bool const tcp = GENERATE(true, false);
    auto server = ServerProcess::start(
        {"--threads", threads, tcp ? "127.0.0.1:0" : "unix:" + directory / "socket"});
    std::size_t const without_clients = open_descriptors(server.id());
    std::set<int> numbers;
    for (int round = 0; round != 20; ++round) {
        std::vector<Peer> leaving;
        for (int i = 0; i != 10; ++i) {
            leaving.push_back(Peer::connect(server.address()));
            leaving.back().send("here\n");
            CHECK(leaving.back().receive_line() + "\n" == ack_line);
        }
        std::vector<Peer> coming;
        {
            Suspended const suspended(server.id());
            for (Peer& peer : leaving) {
                peer.send("gone\n");
                peer.close();
            }
            for (int i = 0; i != 10; ++i) {
                coming.push_back(Peer::connect(server.address()));
                coming.back().send("one\ntwo\n");
            }
        }
        for (Peer& peer : coming) {
            CHECK(peer.receive_exactly(2 * ack_line.size()) == times(2, ack_line));
        }
        eventually("only the last ones are open",
                   [&] { return open_descriptors(server.id()) == without_clients + 10; });
        std::ranges::copy(descriptors(server.id()), std::inserter(numbers, numbers.end()));
    }
    // Of 400 clients, at most 20 of them there at once.
    CHECK(numbers.size() <= without_clients + 20);
}

TEST_CASE("What follows urgent data is heard", "[readiness][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    std::optional<Suspended> suspended(server.id());
    Peer peer = Peer::connect(server.address());
    peer.send("one\n");
    REQUIRE(::send(peer.descriptor(), "!", 1, MSG_OOB) == 1);
    peer.send("two\n");
    suspended.reset();
    CHECK(peer.receive_exactly(2 * ack_line.size()) == times(2, ack_line));
}

TEST_CASE("Urgent data costs no more reads than those of its turn", "[readiness][system]") {
    FailingCalls calls;
    auto server = start_with(calls, {"127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    REQUIRE(::send(peer.descriptor(), "!", 1, MSG_OOB) == 1);
    talk(peer, "urgent");
    calls.fail(Call::recv, 0);  // they are counted
    constexpr std::size_t count = 100;
    for (std::size_t number = 0; number != count; ++number) {
        talk(peer, "ordinary");
    }
    CHECK(calls.failures(Call::recv) < count * 3 / 2);
}

TEST_CASE("What follows a message that descriptors came with is heard", "[readiness][system]") {
    TempDir const directory;
    auto server = ServerProcess::start({"unix:" + directory / "socket"});
    std::optional<Suspended> suspended(server.id());
    Peer peer = Peer::connect(server.address());
    send_with_descriptors(peer.descriptor(), "one\n", 2);
    peer.send("two\n");
    suspended.reset();
    CHECK(peer.receive_exactly(2 * ack_line.size()) == times(2, ack_line));
}
