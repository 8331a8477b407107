// Deadlines: nobody is waited for without an end.
#include "support/answers.hpp"
#include "support/deaf.hpp"
#include "support/milliseconds.hpp"
#include "support/peak_memory.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// A deadline that a client keeps by a wide margin, however busy the machine is.
constexpr Duration ample = 12s;

ServerProcess start_with_deadlines(std::vector<std::string> options,
                                   std::string const& address = "127.0.0.1:0") {
    options.push_back(address);
    return ServerProcess::start(std::move(options));
}

Duration time_of(std::function<void()> const& action) {
    auto const before = Clock::now();
    action();
    return std::chrono::duration_cast<Duration>(Clock::now() - before);
}

/// Lets `ample` pass one and a half times, and does something after each tenth of it.
void keep_busy(Peer& peer, std::function<void(std::size_t step)> const& action) {
    for (std::size_t step = 0; step < 15; ++step) {
        action(step);
        while (peer.would_receive_within(ample / 10)) {
            REQUIRE(peer.receive_line() == ack);
        }
    }
}

}  // namespace

TEST_CASE("A client that says nothing is told so, and closed", "[deadlines][system]") {
    auto server = start_with_deadlines({"--idle-timeout", "200ms"});
    auto const taken = time_of([&server] {
        Peer peer = Peer::connect(server.address());
        CHECK(peer.receive_all() == "error: idle for 200ms\n");
    });
    CHECK(taken >= 200ms);
    CHECK(taken < default_deadline);
    eventually("it has gone", [&server] { return server.counter("clients") == 0; });
    CHECK(server.counter("idle_timeouts") == 1);
}

TEST_CASE("Idleness counts from the last answer", "[deadlines][system]") {
    auto server = start_with_deadlines({"--idle-timeout", "200ms"});
    std::optional<Suspended> suspended(server.id());
    Peer peer = Peer::connect(server.address());
    peer.send("hello\n");
    auto const taken = time_of([&] {
        suspended.reset();
        CHECK(peer.receive_line() == ack);
        CHECK(peer.receive_all() == "error: idle for 200ms\n");
    });
    CHECK(taken >= 200ms);
    CHECK(server.output() == "hello\n");
}

TEST_CASE("A client that says something now and then is not idle", "[deadlines][system]") {
    auto server = start_with_deadlines({"--idle-timeout", in_ms(ample)});
    Peer peer = Peer::connect(server.address());
    keep_busy(peer, [&peer](std::size_t) { peer.send("still here\n"); });
    peer.half_close();
    CHECK(peer.receive_all() == "");
    CHECK(server.counter("idle_timeouts") == 0);
}

TEST_CASE("Urgent data is nothing said", "[deadlines][system]") {
    auto server = start_with_deadlines({"--idle-timeout", "300ms"});
    Peer peer = Peer::connect(server.address());
    Deadline const deadline;
    do {
        ::send(peer.descriptor(), "!", 1, MSG_OOB | MSG_NOSIGNAL);
    } while (!peer.would_receive_within(10ms) && !deadline.over());
    CHECK(peer.receive_line() == "error: idle for 300ms");
}

TEST_CASE("A message that is not finished in time is refused, and never displayed",
          "[deadlines][system]") {
    auto server = start_with_deadlines({"--message-timeout", "300ms"});
    Peer peer = Peer::connect(server.address());
    auto const taken = time_of([&peer] {
        peer.send("whole\nbegun");
        CHECK(peer.receive_line() == ack);
        CHECK(peer.receive_all() == "error: message not finished within 300ms\n");
    });
    CHECK(taken >= 300ms);
    CHECK(taken < default_deadline);
    CHECK(server.output() == "whole\n");
    CHECK(server.counter("message_timeouts") == 1);
    CHECK(server.counter("messages") == 1);
}

TEST_CASE("A byte every few milliseconds does not outlive the message deadline",
          "[deadlines][system]") {
    auto server = start_with_deadlines({"--message-timeout", "300ms", "--idle-timeout", "none"});
    Peer peer = Peer::connect(server.address());
    Deadline const deadline;
    auto const taken = time_of([&] {
        do {
            peer.send("x");
        } while (!peer.would_receive_within(5ms) && !deadline.over());
        CHECK(peer.receive_all() == "error: message not finished within 300ms\n");
    });
    CHECK(taken >= 300ms);
    CHECK(taken < default_deadline);
    CHECK(server.output() == "");
}

TEST_CASE("The rest of a message too long does not outlive the message deadline either",
          "[deadlines][system]") {
    auto server = start_with_deadlines({"--message-timeout", "300ms", "--max-message", "16B"});
    Peer peer = Peer::connect(server.address());
    peer.send(std::string(17, 'x'));
    CHECK(peer.receive_line() == "error: message longer than 16 bytes");
    Deadline const deadline;
    do {
        peer.send("x");
    } while (!peer.would_receive_within(5ms) && !deadline.over());
    CHECK_FALSE(deadline.over());
    CHECK(peer.receive_all() == "error: message not finished within 300ms\n");
}

TEST_CASE("The message deadline ends with the rest of a message too long", "[deadlines][system]") {
    auto server = start_with_deadlines({"--message-timeout", in_ms(ample), "--max-message", "16B"});
    Peer peer = Peer::connect(server.address());
    peer.send(std::string(17, 'x'));
    CHECK(peer.receive_line() == "error: message longer than 16 bytes");
    peer.send("the rest\n");
    // Nothing has begun: this client is only silent.
    CHECK_FALSE(peer.would_receive_within(ample * 3 / 2));
    peer.send("good\n");
    CHECK(peer.receive_line() == ack);
}

TEST_CASE("A message that begins with the end of one too long has all of its own time",
          "[deadlines][system]") {
    auto server = start_with_deadlines({"--message-timeout", in_ms(ample), "--max-message", "16B"});
    Peer peer = Peer::connect(server.address());
    peer.send(std::string(17, 'x'));
    CHECK(peer.receive_line() == "error: message longer than 16 bytes");
    CHECK_FALSE(peer.would_receive_within(ample * 11 / 20));
    peer.send("the rest\nnew");
    CHECK_FALSE(peer.would_receive_within(ample * 11 / 20));
    peer.send("er\n");
    CHECK(peer.receive_line() == ack);
    CHECK(server.output() == "newer\n");
}

TEST_CASE("The message deadline is for each message, not for all of them", "[deadlines][system]") {
    auto server = start_with_deadlines({"--message-timeout", in_ms(ample)});
    Peer peer = Peer::connect(server.address());
    // At every moment there is a message begun, and each ends in good time.
    keep_busy(peer, [&peer](std::size_t) { peer.send("end of one\nstart of the next: "); });
    peer.half_close();
    CHECK(peer.receive_all() == ack + '\n');
    CHECK(server.counter("message_timeouts") == 0);
    CHECK(server.counter("displayed") == 16);
}

TEST_CASE("Without a message deadline a message may take as long as it likes",
          "[deadlines][system]") {
    auto server =
        start_with_deadlines({"--message-timeout", "none", "--idle-timeout", in_ms(ample)});
    Peer peer = Peer::connect(server.address());
    keep_busy(peer, [&peer](std::size_t) { peer.send("x"); });
    peer.send("\n");
    CHECK(peer.receive_line() == ack);
    CHECK(server.output() == std::string(15, 'x') + '\n');
}

TEST_CASE("Without a message deadline a client that stops in mid-message is idle in the end",
          "[deadlines][system]") {
    auto server = start_with_deadlines({"--message-timeout", "none", "--idle-timeout", "200ms"});
    Peer peer = Peer::connect(server.address());
    peer.send("begun");
    CHECK(peer.receive_all() == "error: idle for 200ms\n");
    CHECK(server.output() == "");
    CHECK(server.counter("message_timeouts") == 0);
}

TEST_CASE("Without deadlines a client may be silent and slow", "[deadlines][system]") {
    auto server = start_with_deadlines({"--message-timeout", "none", "--idle-timeout", "none"});
    Peer silent = Peer::connect(server.address());
    Peer slow = Peer::connect(server.address());
    slow.send("beg");
    CHECK_FALSE(silent.would_receive_within(500ms));
    CHECK_FALSE(slow.would_receive_within(0ms));
    slow.send("un\n");
    silent.send("hello\n");
    CHECK(slow.receive_line() == ack);
    CHECK(silent.receive_line() == ack);
}

TEST_CASE("A client that never reads its acks is gone by the write deadline, with bounded memory",
          "[deadlines][system]") {
    auto server = start_with_deadlines({"--write-timeout", "300ms"});
    auto const before = peak_memory(server.id());
    Peer peer = Peer::connect(server.address(), {.receive_buffer = 4096});
    std::string const empty_messages(1'000'000, '\n');
    Deadline const deadline;
    std::size_t sent = 0;
    for (std::size_t more = 1; more != 0 && !deadline.over(); sent += more) {
        more = peer.send_until_stuck(empty_messages, 2s);
    }
    CAPTURE(sent);
    CHECK_FALSE(deadline.over());
    eventually("it has gone", [&server] { return server.counter("clients") == 0; });
    CHECK(server.counter("write_timeouts") == 1);
    if constexpr (!sanitized) {
        CHECK(peak_memory(server.id()) - before < 4 * 1024 * 1024);
    }
    // Nothing of it stays with the server.
    Peer next = Peer::connect(server.address());
    next.send("next\n");
    CHECK(next.receive_line() == ack);
}

TEST_CASE("A client that takes its acks slowly is not given up", "[deadlines][system]") {
    TempDir const directory;
    auto server =
        start_with_deadlines({"--write-timeout", in_ms(ample)}, "unix:" + directory / "s");
    Peer peer = Peer::connect(server.address());
    send_until_server_waits(peer, server);
    // Its answers would fill the socket's buffer many times over: it takes some of them now and
    // then, and says no more.
    for (int step = 0; step < 15; ++step) {
        auto const some = peer.receive_exactly(5000 * (ack.size() + 1));
        REQUIRE(some.ends_with(ack + '\n'));
        REQUIRE_FALSE(wait_for_descriptor(peer.descriptor(), POLLRDHUP, ample / 10));
    }
    CHECK(server.counter("write_timeouts") == 0);
    CHECK(server.counter("clients") == 1);
}

TEST_CASE("Without a write deadline a client may take its acks when it likes",
          "[deadlines][system]") {
    TempDir const directory;
    auto server = start_with_deadlines({"--write-timeout", "none", "--idle-timeout", "200ms"},
                                       "unix:" + directory / "s");
    std::optional<Suspended> suspended(server.id());
    Peer peer = Peer::connect(server.address());
    // More than it can answer, so that it waits from the start.
    auto sent = peer.send_until_stuck(std::string(1'000'000, '\n'), 0ms);
    suspended.reset();
    sent += send_until_server_waits(peer, server);
    // It is the server that waits, so the client is not idle.
    auto const answers = peer.receive_exactly(sent * (ack.size() + 1));
    CHECK(answers.ends_with(ack + '\n'));
    eventually("all are counted", [&] { return server.counter("acknowledged") == sent; });
}

TEST_CASE("A shutdown does not wait longer than the drain deadline", "[deadlines][system]") {
    auto server = start_with_deadlines({"--write-timeout", "none", "--drain-timeout", "300ms"});
    Peer peer = Peer::connect(server.address(), {.receive_buffer = 4096});
    send_until_server_waits(peer, server);
    auto const taken = time_of([&server] {
        // All that was received was displayed: that the client does not take its acks is its own.
        CHECK(server.stop() == Exit::with(0));
    });
    CHECK(taken >= 300ms);
    CHECK(taken < default_deadline);
    auto const sentence = server.process().err().read_all();
    CAPTURE(sentence);
    CHECK(sentence.find("the drain timeout of 300ms came: clients that had not taken their answers "
                        "were cut off: 1") != std::string::npos);
    CHECK(sentence.find("not closed") == std::string::npos);
}

TEST_CASE("A drain deadline that cuts nobody off says nothing of it", "[deadlines][system]") {
    // Before so many loops have drained, it has usually come.
    for (int times = 0; times < 5; ++times) {
        // A slow machine may take longer than the server has until it is ended by force.
        CHECK(succeeds_given_time(1ms, [](Duration drain_timeout) {
            auto server =
                start_with_deadlines({"--threads", "8", "--drain-timeout", in_ms(drain_timeout)});
            Exit const ended = server.stop();
            auto const said = server.process().err().read_all();
            CAPTURE(said, ended);
            CHECK(said.find("cut off") == std::string::npos);
            bool const by_force = said.find("ended by force") != std::string::npos;
            CHECK(ended == Exit::with(by_force ? 1 : 0));
            return !by_force;
        }));
    }
}

TEST_CASE("Without a drain deadline a shutdown waits until all is answered",
          "[deadlines][system]") {
    auto server = start_with_deadlines({"--write-timeout", "none", "--drain-timeout", "none"});
    Peer peer = Peer::connect(server.address(), {.receive_buffer = 4096});
    send_until_server_waits(peer, server);
    server.signal(SIGTERM);
    CHECK_THROWS_AS(server.wait_for_exit(300ms), Failure);
    auto const answers = peer.receive_all();
    peer.close();
    CHECK(server.wait_for_exit() == Exit::with(0));
    auto const lines = split_lines(answers);
    CHECK(lines.back() == "error: shutting down");
    CHECK(lines.size() - 1 == server.output().size());
}

TEST_CASE("A client that stays although it was told to go does not spoil a shutdown",
          "[deadlines][system]") {
    for (std::string const drain_timeout : {"10s", "500ms"}) {
        CAPTURE(drain_timeout);
        auto server = start_with_deadlines({"--drain-timeout", drain_timeout});
        Peer idle = Peer::connect(server.address());
        idle.send("hello\n");
        CHECK(idle.receive_line() == ack);
        // Everything is answered: that this client does not close its side is not the server's.
        CHECK(server.stop() == Exit::with(0));
        CHECK(idle.receive_all() == "error: shutting down\n");
    }
}
