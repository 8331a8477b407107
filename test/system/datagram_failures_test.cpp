// Datagram sockets of the server: when the system fails to receive or to send.
#include "support/failing_calls.hpp"
#include "support/peer.hpp"
#include "system/datagram_place.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

std::string const receive_pause = "cannot receive datagrams, trying again: Cannot allocate memory";

/// One of the counters that it printed last.
std::size_t counted_at_exit(ServerProcess& server, std::string const& name) {
    std::string const line = ' ' + split_lines(server.process().err().last_words()).back();
    return std::stoul(line.substr(line.find(' ' + name + '=') + name.size() + 2));
}

}  // namespace

TEST_CASE("receiving fails: the server pauses, says so at most once a second, and goes on",
          "[datagrams][failing-calls][system]") {
    Place const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    auto peer = DatagramPeer::to(server.address());
    talk(peer, "before");
    auto const begun = Clock::now();
    calls.fail(Call::recvmmsg, ENOMEM);
    peer.send("meanwhile");
    eventually("it has failed for a second", [&] { return calls.failures(Call::recvmmsg) > 10; });
    calls.succeed(Call::recvmmsg);
    CHECK(peer.receive() == ack_line);
    std::size_t const failures = calls.failures(Call::recvmmsg);
    double const seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    CHECK(static_cast<double>(failures) <= seconds / 0.1 + 1);
    CHECK(server.counter("receive_pauses") == failures);
    CHECK(times_told(server, receive_pause) > 0);
    CHECK(static_cast<double>(times_told(server, receive_pause)) <= seconds + 1);
    CHECK(server.output() == "before\nmeanwhile\n");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("receiving fails: a shutdown waits for no pause", "[datagrams][failing-calls][system]") {
    Place const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address(), "--drain-timeout", "none"});
    auto peer = DatagramPeer::to(server.address());
    talk(peer, "before");
    calls.fail(Call::recvmmsg, ENOMEM);
    peer.send("meanwhile");
    eventually("it has failed", [&] { return calls.failures(Call::recvmmsg) > 0; });
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("receiving fails: an interrupted call is repeated",
          "[datagrams][failing-calls][system]") {
    Place const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    auto peer = DatagramPeer::to(server.address());
    calls.fail(Call::recvmmsg, EINTR, 3);
    talk(peer, "hello");
    CHECK(calls.failures(Call::recvmmsg) == 3);
    CHECK(server.counter("receive_pauses") == 0);
}

TEST_CASE("sending fails: answers that are lost are counted, and nobody else's is",
          "[datagrams][failing-calls][system]") {
    Place const place;
    int const error = GENERATE(EAGAIN, ECONNREFUSED, ENOBUFS, ENOMEM, EPERM);
    CAPTURE(error);
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    auto peer = DatagramPeer::to(server.address());
    // All of them are received at once.
    server.signal(SIGSTOP);
    for (int i = 0; i < 5; ++i) {
        peer.send("hello");
    }
    calls.fail(Call::sendmmsg, error, 2);
    server.signal(SIGCONT);
    for (int i = 0; i < 3; ++i) {
        CHECK(peer.receive() == ack_line);
    }
    eventually("all are counted", [&] { return server.counter("acknowledged") == 3; });
    CHECK(server.counter("unanswered") == 2);
    CHECK(server.counter("displayed") == 5);
    CHECK_FALSE(peer.would_receive_within(a_while));
}

TEST_CASE("sending fails: every answer is tried once, however long it goes on",
          "[datagrams][failing-calls][system]") {
    Place const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    auto peer = DatagramPeer::to(server.address());
    calls.fail(Call::sendmmsg, ENOBUFS);
    for (int i = 0; i < 100; ++i) {
        peer.send("hello");
    }
    eventually("all are displayed", [&] { return server.counter("unanswered") == 100; });
    CHECK(calls.failures(Call::sendmmsg) == 100);
    CHECK(server.counter("displayed") == 100);
    calls.succeed(Call::sendmmsg);
    talk(peer, "after");
}

TEST_CASE("sending fails: an interrupted call is repeated", "[datagrams][failing-calls][system]") {
    Place const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    auto peer = DatagramPeer::to(server.address());
    calls.fail(Call::sendmmsg, EINTR, 3);
    talk(peer, "hello");
    CHECK(calls.failures(Call::sendmmsg) == 3);
    CHECK(server.counter("unanswered") == 0);
}

TEST_CASE("sending fails: who cannot be told of the shutdown is counted",
          "[datagrams][failing-calls][system]") {
    Place const place;
    FailingCalls calls;
    ServerSetup setup;
    setup.addresses = 2;
    setup.out = Stdio::stalled_pipe();
    auto server = start_with(calls, {place.address(), "127.0.0.1:0"}, std::move(setup));
    auto idle = Peer::connect(server.address(1));
    auto peer = DatagramPeer::to(server.address(0));
    stall(server, peer);
    for (int i = 0; i < 3; ++i) {
        peer.send("too late");
    }
    calls.fail(Call::sendmmsg, ENOBUFS);
    server.signal(SIGTERM);
    CHECK(idle.receive_line() == "error: shutting down");  // it has begun to drain
    idle.close();
    server.process().out().resume();
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(counted_at_exit(server, "refused_shutdown") == 3 + 1);
    CHECK(counted_at_exit(server, "unanswered") == 4);
}
