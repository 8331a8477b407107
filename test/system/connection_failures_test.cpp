// Connections of the server: when the system fails to receive, to send, or to watch.
#include "support/answers.hpp"
#include "support/deaf.hpp"
#include "support/facts.hpp"
#include "support/failing_calls.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// TCP, and a Unix socket, whose bytes are received by another call.
struct StreamKind {
    bool is_unix = GENERATE(false, true);
    TempDir directory = {};

    [[nodiscard]] std::string address() const {
        return is_unix ? "unix:" + directory / "s" : "127.0.0.1:0";
    }
    [[nodiscard]] Call receiving() const { return is_unix ? Call::recvmsg : Call::recv; }
};

std::size_t retries_told(ServerProcess& server, int error) {
    return times_told(server,
                      std::string("cannot receive from a client or send to it, trying again: ") +
                          std::strerror(error));
}

/// A client whose message is there when the server sees it: it is never idle.
Peer newcomer_with(ServerProcess const& server, std::string const& message) {
    Suspended const suspended(server.id());
    Peer peer = Peer::connect(server.address());
    peer.send(message);
    return peer;
}

/// A copy of what a process has opened, as a child of its would have it. None: the system does not
/// allow that.
Descriptor copy_of(pid_t process, int number) {
    Descriptor const handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    return Descriptor(static_cast<int>(::syscall(SYS_pidfd_getfd, handle.get(), number, 0)));
}

}  // namespace

TEST_CASE("A client is served although the system has no memory for it now and then",
          "[failing-calls][system]") {
    int const error = GENERATE(ENOBUFS, ENOMEM);
    CAPTURE(std::strerror(error));
    StreamKind const stream;
    FailingCalls calls;
    auto server = start_with(calls, {"--max-message", "10B", stream.address()});
    Peer peer = Peer::connect(server.address());
    talk(peer, "before");
    calls.fail(stream.receiving(), error, 3);
    talk(peer, "received");
    CHECK(calls.failures(stream.receiving()) == 3);
    calls.fail(Call::send, error, 3);
    talk(peer, "answered");
    CHECK(calls.failures(Call::send) == 3);
    calls.fail(Call::sendmsg, error, 3);
    peer.send("one\nlonger than that\ntwo\n");
    CHECK(peer.receive_exactly(2 * ack_line.size() + too_long_line(10).size()) ==
          ack_line + too_long_line(10) + ack_line);
    CHECK(calls.failures(Call::sendmsg) == 3);
    CHECK(server.counter("lost") == 0);
    CHECK(retries_told(server, error) > 0);
    peer.close();
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() == "before\nreceived\nanswered\none\ntwo\n");
}

TEST_CASE("A lack of memory that lasts puts off no deadline, and is looked at now and then",
          "[failing-calls][deadlines][system]") {
    StreamKind const stream;
    FailingCalls calls;
    auto server = start_with(
        calls, {"--idle-timeout", "300ms", "--write-timeout", "300ms", stream.address()});
    auto const begun = Clock::now();
    calls.fail(stream.receiving(), ENOMEM);
    newcomer_with(server, "never received\n").wait_for_end();
    CHECK(server.counter("lost") == 1);
    calls.succeed(stream.receiving());
    calls.fail(Call::send, ENOBUFS);
    newcomer_with(server, "never answered\n").wait_for_end();
    CHECK(server.counter("write_timeouts") == 1);
    double const seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    calls.succeed(Call::send);
    // Besides one each 10 ms: the first, when the client comes, and when the system has room.
    auto const tries = calls.failures(stream.receiving()) + calls.failures(Call::send);
    CHECK(static_cast<double>(tries) <= seconds / 0.01 + 8);
    CHECK(static_cast<double>(retries_told(server, ENOMEM) + retries_told(server, ENOBUFS)) <=
          seconds + 1);
    Peer peer = newcomer_with(server, "after\n");
    CHECK(peer.receive_line() == ack);
    CHECK(server.output() == "never answered\nafter\n");
}

TEST_CASE("A session that fails is watched no longer, even if somebody has a copy of its socket",
          "[failing-calls][system]") {
    FailingCalls calls;
    auto server =
        start_with(calls, {"--write-timeout", "none", "--drain-timeout", "none", "127.0.0.1:0"});
    // As long as this one is owed answers, the loop goes on.
    Peer owed = Peer::connect(server.address(), {.receive_buffer = 4096});
    send_until_server_waits(owed, server);
    int const number = next_descriptor(server.id());
    Peer failing = Peer::connect(server.address(), {.receive_buffer = 4096});
    talk(failing, "hello");
    Descriptor const copy = copy_of(server.id(), number);
    if (!copy) {
        SKIP("pidfd_getfd: " << errno_text(errno));
    }
    REQUIRE(watched_descriptors(server.id()).contains(number));
    calls.fail(Call::epoll_ctl, ENOMEM, 1, number);
    eventually("the server is to tell of room for answers", [&] {
        failing.send_until_stuck(std::string(1'000'000, '\n'), 20ms);
        return calls.failures(Call::epoll_ctl) == 1;
    });
    eventually("it is no longer watched",
               [&] { return !watched_descriptors(server.id()).contains(number); });
    owed.close();
    CHECK(server.wait_for_exit() == Exit::with(1));
}
