// Standard output is a file on a disk that hangs for a while: a write does not return until the
// test says so.
#include "support/answers.hpp"
#include "support/failing_calls.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace roger::test;
using namespace std::chrono_literals;
using Catch::Matchers::EndsWith;

namespace {

/// A server whose writes to its file can be held.
struct HeldServer {
    explicit HeldServer(std::vector<std::string> const& arguments)
        : server(start_with(calls, arguments)) {}

    /// Sends a message whose record is held on its way to the file.
    void hold_record_of(Peer& peer, std::string const& message) {
        hold_next([&] { peer.send(message + '\n'); });
    }

    /// The same of a client that has spoken before the server sees it: it is never idle.
    Peer hold_record_of_newcomer(std::string const& message) {
        std::optional<Peer> peer;
        hold_next([&] {
            Suspended const suspended(server.id());
            peer = Peer::connect(server.address());
            peer->send(message + '\n');
        });
        return std::move(*peer);
    }

    void hold_next(std::function<void()> const& send) {
        std::uint64_t const before = calls.held(Call::write);
        calls.hold(Call::write, STDOUT_FILENO);
        send();
        eventually("its record is being written",
                   [&] { return calls.held(Call::write) == before + 1; });
    }

    /// Once it has taken so long that the file is taken for slow.
    void release() {
        std::this_thread::sleep_for(10ms);
        calls.release(Call::write);
    }

    FailingCalls calls;
    ServerProcess server;
};

void check_ended_by_force(ServerProcess& server) {
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK_THAT(server.process().err().last_words(),
               EndsWith("error: ended by force: the output does not take what is written to it\n"));
}

/// What is refused does not wait for the output.
void check_loop_goes_on(ServerProcess const& server) {
    Peer peer = Peer::connect(server.address());
    peer.send(std::string(17, 'x') + '\n');
    CHECK(peer.receive_line() + '\n' == too_long_line(16));
}

}  // namespace

TEST_CASE("A file that hangs holds up a loop for one write, and nothing is lost or acked early",
          "[slow-file][system]") {
    HeldServer held({"--max-message", "16B", "127.0.0.1:0"});
    ServerProcess& server = held.server;
    Peer peer = Peer::connect(server.address());
    held.hold_record_of(peer, "one");
    CHECK_FALSE(peer.would_receive_within(0ms));
    CHECK(server.output().empty());
    held.release();
    CHECK(peer.receive_line() == ack);
    CHECK(server.output() == "one\n");

    // From now on the thread does it: the loop goes on with whatever else there is.
    held.hold_record_of(peer, "two");
    check_loop_goes_on(server);
    CHECK(server.counter("messages") == 3);
    CHECK(server.counter("acknowledged") == 1);
    Peer other = Peer::connect(server.address());
    other.send("three\n");
    eventually("it has been received", [&] { return server.counter("messages") == 4; });
    server.signal(SIGTERM);
    CHECK_FALSE(peer.would_receive_within(0ms));
    CHECK(server.output() == "one\n");
    held.release();
    CHECK(peer.receive_line() == ack);
    CHECK(other.receive_line() == ack);
    peer.close();
    other.close();
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "one\ntwo\nthree\n");
}

TEST_CASE("While the thread waits for a file that hangs, deadlines go on",
          "[slow-file][deadlines][system]") {
    auto const [option, said, refusal] = GENERATE(table<char const*, char const*, char const*>(
        {{"--idle-timeout", "", "error: idle for 300ms\n"},
         {"--message-timeout", "begun", "error: message not finished within 300ms\n"}}));
    CAPTURE(option);
    HeldServer held({option, "300ms", "127.0.0.1:0"});
    Peer first = held.hold_record_of_newcomer("one");
    held.release();
    CHECK(first.receive_line() == ack);

    Peer waiting = held.hold_record_of_newcomer("two");
    Peer late = Peer::connect(held.server.address());
    late.send(said);
    CHECK(late.receive_all() == refusal);
    // It is the server that is late with this one's answer.
    CHECK_FALSE(waiting.would_receive_within(0ms));
    held.release();
    CHECK(waiting.receive_line() == ack);
}

TEST_CASE("A file that hangs for ever does not keep a second signal from ending the server",
          "[slow-file][system]") {
    HeldServer held({"127.0.0.1:0"});
    Peer peer = Peer::connect(held.server.address());
    held.hold_record_of(peer, "one");
    held.server.signal(SIGTERM);
    signal_until_it_ends(held.server, SIGTERM);
    check_ended_by_force(held.server);
    CHECK(held.server.output().empty());
}

TEST_CASE("A file that hangs for ever does not keep a drain from its end", "[slow-file][system]") {
    HeldServer held({"--drain-timeout", "300ms", "127.0.0.1:0"});
    Peer peer = Peer::connect(held.server.address());
    held.hold_record_of(peer, "one");
    held.server.signal(SIGTERM);
    check_ended_by_force(held.server);
    CHECK(held.server.output().empty());
}

TEST_CASE("A file that cannot be closed does not keep a server that has drained from its end",
          "[slow-file][system]") {
    bool const once = GENERATE(false, true);
    CAPTURE(once);
    std::vector<std::string> arguments{"--drain-timeout", "300ms", "127.0.0.1:0"};
    if (once) {
        arguments.emplace_back("--once");
    }
    HeldServer held(arguments);
    held.calls.hold(Call::close, STDOUT_FILENO);
    Peer peer = Peer::connect(held.server.address());
    talk(peer, "one");
    peer.close();
    if (!once) {
        held.server.signal(SIGTERM);
    }
    check_ended_by_force(held.server);
    CHECK(held.server.output() == "one\n");
}

TEST_CASE("A file that cannot be closed does not keep a second signal from ending the server",
          "[slow-file][system]") {
    HeldServer held({"--drain-timeout", "none", "127.0.0.1:0"});
    held.calls.hold(Call::close, STDOUT_FILENO);
    held.server.signal(SIGTERM);
    eventually("it is being closed", [&] { return held.calls.held(Call::close) == 1; });
    signal_until_it_ends(held.server, SIGTERM);
    check_ended_by_force(held.server);
}

TEST_CASE("A standard error that hangs keeps no server from its end", "[slow-file][system]") {
    HeldServer held({"--drain-timeout", "300ms", "127.0.0.1:0"});
    held.calls.hold(Call::write, STDERR_FILENO);
    held.server.signal(SIGTERM);
    // Nor does it keep the end by force from coming: that has a sentence for it.
    CHECK(held.server.wait_for_exit() == Exit::with(1));
    CHECK(held.calls.held(Call::write) == 2);
}

TEST_CASE("A signal ends a server whose file hangs at its start", "[slow-file][system]") {
    int const signal = GENERATE(SIGTERM, SIGINT);
    CAPTURE(signal);
    TempDir const directory;
    FailingCalls calls;
    auto launch = server_launch({"--sync", "127.0.0.1:0"});
    launch.out = Stdio::file(directory / "output");
    calls.preload(launch);
    calls.hold(Call::fdatasync);
    Process server(launch);
    eventually("it is being synced", [&] { return calls.held(Call::fdatasync) == 1; });
    server.signal(signal);
    CHECK(server.wait_for_exit() == Exit::by(signal));
}

TEST_CASE("A file that hangs holds up the one loop that writes to it", "[slow-file][system]") {
    HeldServer held({"--threads", "2", "--max-message", "16B", "127.0.0.1:0"});
    // Each loop has one of them: the first loop, which accepts, is not the one that is held.
    Peer other = Peer::connect(held.server.address());
    talk(other, "other");
    Peer peer = Peer::connect(held.server.address());
    talk(peer, "peer");
    held.hold_record_of(peer, "one");
    other.send("two\n");
    check_loop_goes_on(held.server);
    CHECK(held.server.counter("messages") == 5);
    held.release();
    CHECK(peer.receive_line() == ack);
    CHECK(other.receive_line() == ack);
}

TEST_CASE("A file that has been quick for long enough is written by the loop again",
          "[slow-file][system]") {
    HeldServer held({"127.0.0.1:0"});
    Peer peer = Peer::connect(held.server.address());
    held.hold_record_of(peer, "slow");
    held.release();
    CHECK(peer.receive_line() == ack);
    for (int i = 0; i != 1000; ++i) {
        talk(peer, "quick");
    }
    // The loop itself is held: it does not see that somebody else has come.
    held.hold_record_of(peer, "held");
    Peer other = Peer::connect(held.server.address());
    other.send("other\n");
    CHECK_FALSE(other.would_receive_within(50ms));
    held.release();
    CHECK(peer.receive_line() == ack);
    CHECK(other.receive_line() == ack);
}
