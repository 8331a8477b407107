// Counters: on request, at the end, and true.
#include "support/answers.hpp"
#include "support/failing_calls.hpp"
#include "support/flood.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

using Counters = std::map<std::string, std::size_t>;

Counters parse(std::string const& line) {
    Counters out;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
        auto const equals = word.find('=');
        REQUIRE(equals != std::string::npos);
        out[word.substr(0, equals)] = std::stoul(word.substr(equals + 1));
    }
    return out;
}

/// The last thing that a server says.
Counters counters_at_exit(ServerProcess& server) {
    return parse(split_lines(server.process().err().read_all()).back());
}

void check_sum(Counters const& counters) {
    CHECK(counters.at("messages") == counters.at("displayed") + counters.at("refused_too_long") +
                                         counters.at("handler_failed"));
    CHECK(counters.at("acknowledged") <= counters.at("displayed"));
}

}  // namespace

TEST_CASE("SIGUSR1 prints the counters in one line on standard error", "[counters][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    peer.send("one\ntwo\n");
    CHECK(peer.receive_line() == ack);
    CHECK(peer.receive_line() == ack);
    // An ack can be heard before it is counted.
    eventually("both are counted", [&server] { return server.counter("acknowledged") == 2; });
    auto const before = server.process().err().seen();
    server.signal(SIGUSR1);
    auto const line = server.process().err().read_line();
    CHECK(server.process().err().seen() == before + line + '\n');
    CHECK(line ==
          "accepted=1 clients=1 messages=2 displayed=2 acknowledged=2 bytes=8 refused_busy=0 "
          "refused_too_long=0 message_timeouts=0 idle_timeouts=0 refused_shutdown=0 "
          "handler_failed=0 handler_refused=0 write_timeouts=0 lost=0 accept_pauses=0 "
          "receive_pauses=0 "
          "replies=0 unanswered=0 dropped=0");
    CHECK(server.output() == "one\ntwo\n");
    // And goes on.
    peer.send("three\n");
    CHECK(peer.receive_line() == ack);
    CHECK(server.counter("messages") == 3);
}

TEST_CASE("SIGUSR1 before anybody hears it is answered when the server does",
          "[counters][failing-calls][system]") {
    FailingCalls calls;
    calls.signal_at(Call::pthread_create, SIGUSR1);
    auto server = start_with(calls, {"127.0.0.1:0"});
    eventually("it prints the counters", [&] { return times_told(server, "accepted=0 ") == 1; });
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("SIGUSR1 ends a classic server, as it does the original", "[counters][system]") {
    auto server = ServerProcess::start({"--classic", "127.0.0.1:0"});
    server.signal(SIGUSR1);
    CHECK(server.wait_for_exit() == Exit::by(SIGUSR1));
}

TEST_CASE("Every way of being refused is counted once, and all is told at the end",
          "[counters][system]") {
    auto server = ServerProcess::start({"--limit", "1", "--when-full", "refuse", "--max-message",
                                        "16B", "--message-timeout", "100ms", "--idle-timeout",
                                        "10s", "--write-timeout", "100ms", "127.0.0.1:0"});
    auto const alone = [&server](std::string const& saying) {
        eventually("the last one has gone", [&] { return server.counter("clients") == 0; });
        Suspended const suspended(server.id());
        Peer peer = Peer::connect(server.address());
        peer.send(saying);
        return peer;
    };
    Peer first = alone("good\n" + std::string(17, 'x') + "\ngood\n");
    CHECK(first.receive_line() == ack);
    CHECK(first.receive_line() == "error: message longer than 16 bytes");
    CHECK(first.receive_line() == ack);
    CHECK(Peer::connect(server.address()).receive_all() == "error: busy\n");
    CHECK(first.receive_all() == "error: idle for 10s\n");
    first.close();
    {
        Peer begun = alone("begun");
        CHECK(begun.receive_all() == "error: message not finished within 100ms\n");
    }
    {
        Peer lost = alone("hello\n");
        CHECK(lost.receive_line() == ack);
        lost.reset();
    }
    {
        Peer deaf = alone("\n");
        std::string const empty_messages(10'000'000, '\n');  // NOLINT(bugprone-string-constructor)
        CHECK(deaf.send_until_stuck(empty_messages, default_deadline) < empty_messages.size());
    }
    Peer last = alone("last\n");
    CHECK(last.receive_line() == ack);
    server.signal(SIGTERM);
    CHECK(last.receive_all() == "error: shutting down\n");
    last.close();
    CHECK(server.wait_for_exit() == Exit::with(0));

    auto const counters = counters_at_exit(server);
    check_sum(counters);
    CHECK(counters.at("accepted") == 5);
    CHECK(counters.at("clients") == 0);
    CHECK(counters.at("refused_busy") == 1);
    CHECK(counters.at("refused_too_long") == 1);
    CHECK(counters.at("message_timeouts") == 1);
    CHECK(counters.at("idle_timeouts") == 1);
    CHECK(counters.at("refused_shutdown") == 1);
    CHECK(counters.at("write_timeouts") == 1);
    CHECK(counters.at("lost") == 1);
    CHECK(counters.at("handler_failed") == 0);
}

TEST_CASE("Counters asked for under load only grow, and add up in the end",
          "[counters][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    auto server = ServerProcess::start({"--threads", threads, "127.0.0.1:0"});
    Flood flood(server.address(), {});
    Counters last;
    for (int asked = 0; asked < 20; ++asked) {
        server.signal(SIGUSR1);
        flood.run_until_acked(flood.all_acked() + 100);
        auto const now = parse(server.process().err().read_line());
        for (auto const& [name, value] : last) {
            CAPTURE(name);
            CHECK(now.at(name) >= value);
        }
        last = now;
    }
    CHECK(last.at("clients") == flood.clients());
    server.signal(SIGTERM);
    flood.run_until_ended();
    CHECK(server.wait_for_exit() == Exit::with(0));
    auto const counters = counters_at_exit(server);
    check_sum(counters);
    CHECK(counters.at("acknowledged") == flood.all_acked());
    CHECK(counters.at("displayed") == flood.all_acked());
    CHECK(counters.at("refused_shutdown") == flood.clients());
    CHECK(counters.at("clients") == 0);
}

TEST_CASE("A standard error that nobody reads holds up nobody", "[counters][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    server.process().err().stall();
    // Far more than a pipe holds.
    for (int asked = 0; asked < 2000; ++asked) {
        server.signal(SIGUSR1);
        peer.send("hello\n");
        REQUIRE(peer.receive_line() == ack);
    }
    server.process().err().close();
    server.signal(SIGUSR1);
    peer.send("hello\n");
    CHECK(peer.receive_line() == ack);
    server.signal(SIGTERM);
    CHECK(peer.receive_all() == "error: shutting down\n");
    peer.close();
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(split_lines(server.output()).size() == 2001);
}

TEST_CASE("On a terminal the counters are a sentence", "[counters][system]") {
    ServerSetup setup;
    setup.launch.err = Stdio::terminal();
    auto server = ServerProcess::start({"--max-message", "9B", "127.0.0.1:0"}, setup);
    Peer peer = Peer::connect(server.address());
    peer.send("one\ntwo\nmuch too long\n");
    CHECK(peer.receive_line() == ack);
    CHECK(peer.receive_line() == ack);
    CHECK(peer.receive_line().starts_with("error: "));
    peer.half_close();
    CHECK(peer.receive_all() == "");
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.process().terminal().read_line() ==
          "displayed 2 messages of 1 client; refused: 1 too long\r");
}

TEST_CASE("The log goes to standard error, however much is asked for", "[counters][system]") {
    auto const* const level = GENERATE("debug", "info", "warning", "error");
    auto server = ServerProcess::start({"--log-level", level, "127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    peer.send("hello\n");
    CHECK(peer.receive_line() == ack);
    CHECK(server.counter("messages") == 1);
    peer.half_close();
    CHECK(peer.receive_all() == "");
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() == "hello\n");
    CHECK(counters_at_exit(server).at("messages") == 1);
}
