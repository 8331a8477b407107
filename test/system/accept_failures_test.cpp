// Listening sockets of the server: when the system fails to accept.
#include "support/answers.hpp"
#include "support/facts.hpp"
#include "support/failing_calls.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// Where a test's server listens, on each kind of stream socket.
class StreamPlace {
public:
    StreamPlace() : is_unix_(GENERATE(false, true)) {}
    [[nodiscard]] std::string address() const {
        return is_unix_ ? "unix:" + directory_ / "s" : "127.0.0.1:0";
    }

private:
    bool is_unix_;
    TempDir directory_;
};

std::size_t pauses_told(ServerProcess& server, int error) {
    return times_told(
        server, std::string("cannot accept connections, trying again: ") + std::strerror(error));
}

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// More than that is not begun: one after each pause, and one before the first.
double most_pauses(double seconds) {
    return seconds / 0.1 + 1;
}

}  // namespace

TEST_CASE("accepting fails for one connection: the next is served at once",
          "[accept][failing-calls][system]") {
    int const error = GENERATE(ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN,
                               ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH);
    CAPTURE(std::strerror(error));
    StreamPlace const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    Peer inside = Peer::connect(server.address());
    talk(inside, "inside");
    for (std::size_t const times : {1U, 5U}) {
        std::size_t const before = calls.failures(Call::accept4);
        calls.fail(Call::accept4, error, times);
        Peer next = Peer::connect(server.address());
        talk(inside, "meanwhile");
        talk(next, "next");
        CHECK(calls.failures(Call::accept4) == before + times);
    }
    CHECK(server.counter("accept_pauses") == 0);
    CHECK(server.counter("accepted") == 3);
    CHECK(pauses_told(server, error) == 0);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A client that the system does not let be watched is told that the server is busy",
          "[accept][failing-calls][system]") {
    StreamPlace const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    Peer inside = Peer::connect(server.address());
    talk(inside, "inside");
    calls.fail(Call::epoll_ctl, ENOSPC, every_time, next_descriptor(server.id()));
    Peer refused = Peer::connect(server.address());
    CHECK(refused.receive_all() == "error: busy\n");
    calls.succeed(Call::epoll_ctl);
    Peer next = Peer::connect(server.address());
    talk(next, "next");
    CHECK(server.counter("refused_busy") == 1);
    CHECK(server.counter("accept_pauses") == 1);
    CHECK(pauses_told(server, ENOSPC) == 1);
}

TEST_CASE("accepting fails: an interrupted call is repeated", "[accept][failing-calls][system]") {
    StreamPlace const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    calls.fail(Call::accept4, EINTR, 3);
    Peer peer = Peer::connect(server.address());
    talk(peer, "hello");
    CHECK(calls.failures(Call::accept4) == 3);
    CHECK(server.counter("accept_pauses") == 0);
}

TEST_CASE("accepting fails for every connection: the server answers whom it has, and recovers",
          "[accept][failing-calls][system]") {
    StreamPlace const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    Peer inside = Peer::connect(server.address());
    talk(inside, "inside");
    auto const begun = Clock::now();
    calls.fail(Call::accept4, ECONNABORTED);
    Peer outside = Peer::connect(server.address());
    outside.send("outside\n");
    eventually("it has paused", [&] { return server.counter("accept_pauses") > 2; });
    for (int i = 0; i < 10; ++i) {
        talk(inside, "meanwhile");
    }
    CHECK_FALSE(outside.would_receive_within(100ms));
    calls.succeed(Call::accept4);
    CHECK(outside.receive_line() == "I got your message");
    // So many are tried before the loop's other work has its turn, and the pause comes.
    constexpr double tries_between_pauses = 64;
    CHECK(static_cast<double>(calls.failures(Call::accept4)) <=
          tries_between_pauses * most_pauses(seconds_since(begun)));
    CHECK(pauses_told(server, ECONNABORTED) > 0);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("accepting fails for want of resources: the server pauses, says so, and goes on",
          "[accept][failing-calls][system]") {
    int const error = GENERATE(EMFILE, ENFILE, ENOBUFS, ENOMEM);
    CAPTURE(std::strerror(error));
    StreamPlace const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address()});
    Peer inside = Peer::connect(server.address());
    talk(inside, "inside");
    auto const begun = Clock::now();
    calls.fail(Call::accept4, error);
    std::vector<Peer> outside;
    for (int i = 0; i < 3; ++i) {
        outside.push_back(Peer::connect(server.address()));
        outside.back().send("outside\n");
    }
    eventually("it has failed for a second", [&] { return calls.failures(Call::accept4) > 10; });
    talk(inside, "meanwhile");
    calls.succeed(Call::accept4);
    for (Peer& peer : outside) {
        CHECK(peer.receive_line() == "I got your message");
    }
    std::size_t const failures = calls.failures(Call::accept4);
    double const seconds = seconds_since(begun);
    CHECK(static_cast<double>(failures) <= most_pauses(seconds));
    CHECK(server.counter("accept_pauses") == failures);
    CHECK(pauses_told(server, error) > 0);
    CHECK(static_cast<double>(pauses_told(server, error)) <= seconds + 1);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("accepting fails: a shutdown waits for no pause", "[accept][failing-calls][system]") {
    int const error = GENERATE(EMFILE, ECONNABORTED);
    CAPTURE(std::strerror(error));
    StreamPlace const place;
    FailingCalls calls;
    auto server = start_with(calls, {place.address(), "--drain-timeout", "none"});
    Peer inside = Peer::connect(server.address());
    talk(inside, "inside");
    calls.fail(Call::accept4, error);
    Peer const outside = Peer::connect(server.address());
    eventually("it has paused", [&] { return server.counter("accept_pauses") > 0; });
    CHECK(server.stop() == Exit::with(0));
    CHECK(inside.receive_all() == "error: shutting down\n");
}
