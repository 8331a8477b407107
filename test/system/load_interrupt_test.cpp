// Ctrl-C: the test ends early, at any moment, and still reports.
#include "support/answers.hpp"
#include "support/failing_calls.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// It says so, and every message that was planned until then has its outcome.
void check_interrupted(LoadResult const& result) {
    REQUIRE(result.report.is_object());
    CHECK(result.report.at("achieved").at("interrupted") == true);
    CHECK(result.out.find("interrupted: this is what was measured until then") !=
          std::string::npos);
    CHECK(result.planned() == result.sum_of_outcomes());
}

void check_nothing_planned(LoadResult const& result) {
    check_interrupted(result);
    CHECK(result.exit == Exit::with(3));
    CHECK(result.planned() == 0);
    CHECK(result.err.find("load: no verdict, since no message was planned\n") != std::string::npos);
}

/// Two clients on their way: the one that the plan of `arguments` gives the first message, and the
/// other.
struct Pair {
    explicit Pair(std::vector<std::string> arguments)
        : process(with(std::move(arguments), listener.address())),
          first(listener.accept()),
          second(listener.accept()) {}

    static std::vector<std::string> with(std::vector<std::string> arguments,
                                         std::string const& address) {
        arguments.insert(arguments.end(), {"--clients", "2", "--ack-timeout", "1h", address});
        return arguments;
    }

    Listener listener{"tcp:127.0.0.1:0"};
    LoadProcess process;
    Peer first;
    Peer second;
};

/// It was interrupted, and has the answer to the first message: it waits for the second one's.
void check_waits_for_second(Pair& pair) {
    // Its client has nothing to wait for, and leaves.
    CHECK(pair.first.receive_all() == "");
    pair.first.close();
    pair.second.send(ack_line);
    CHECK(pair.second.receive_all() == "");
    pair.second.close();
    auto const result = pair.process.result();
    CAPTURE(result.out, result.err);
    check_interrupted(result);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.planned() == 2);
    CHECK(result.outcome("acked") == 2);
}

}  // namespace

TEST_CASE("Interrupted while its clients arrive, load reports that nothing was planned",
          "[load][system]") {
    int const signal = GENERATE(SIGINT, SIGTERM);
    Listener listener("tcp:127.0.0.1:0");
    LoadProcess process({"--clients", "100", "--ramp", "1h", listener.address()});
    Peer peer = listener.accept();
    process.signal(signal);
    CHECK(peer.receive_all() == "");
    peer.close();
    check_nothing_planned(process.result());
}

TEST_CASE("Interrupted while its connections hang, load reports that nothing was planned",
          "[load][system]") {
    Listener listener("tcp:127.0.0.1:0", 0);
    LoadProcess process({"--clients", "50", "--connect-timeout", "1h", listener.address()});
    // There is room for one more, and for no others.
    Peer peer = listener.accept();
    process.signal(SIGINT);
    CHECK(peer.receive_all() == "");
    peer.close();
    check_nothing_planned(process.result());
}

TEST_CASE("Interrupted in its warm-up, load reports that nothing was planned", "[load][system]") {
    LineServer server({.delays = {5ms}});
    std::vector<std::string> arguments = {"--clients", "4", "--warmup", "1h"};
    if (GENERATE(false, true)) {
        arguments.insert(arguments.end(), {"--rate", "200"});
    }
    arguments.push_back(server.address());
    LoadProcess process(arguments);
    server.wait_for_messages(20);
    process.signal(SIGINT);
    check_nothing_planned(process.result());
}

TEST_CASE("Interrupted while it measures, load reports what it has measured", "[load][system]") {
    bool const open = GENERATE(false, true);
    LineServer server({.delays = {15ms}});
    std::vector<std::string> arguments = {"--clients", "4", "--duration", "1h"};
    if (open) {
        arguments.insert(arguments.end(), {"--rate", "200"});
    }
    arguments.push_back(server.address());
    LoadProcess process(arguments);
    server.wait_for_messages(60);
    process.signal(SIGINT);
    auto const result = process.result();
    CAPTURE(open, result.out, result.err);
    check_interrupted(result);
    // In an open loop messages may wait for their clients to be free.
    CHECK((open || result.outcome("unsent") == 0));
    CHECK(result.exit == result.verdict(result.outcome("unsent") == 0 ? 0 : 1));
    // What was on its way has been waited for.
    CHECK(result.outcome("acked") == server.messages());
    CHECK(result.outcome("acked") + result.outcome("unsent") == result.planned());
    double const duration = result.report.at("achieved").at("duration_s");
    CHECK(duration < 600);
    if (open) {
        CHECK(std::abs(double(result.planned()) - 200 * duration) <= 1);
    }
}

TEST_CASE("Interrupted, load waits for what is on its way", "[load][system]") {
    Pair pair({"--messages", "2"});
    pair.first.receive_line();
    pair.second.receive_line();
    pair.first.send(ack_line);
    pair.process.signal(SIGINT);
    check_waits_for_second(pair);
}

TEST_CASE("Interrupted twice, load waits for nothing more", "[load][system]") {
    int const second_signal = GENERATE(SIGINT, SIGTERM);
    Pair pair({"--messages", "2"});
    pair.first.receive_line();
    pair.second.receive_line();
    pair.first.send(ack_line);
    pair.process.signal(SIGINT);
    CHECK(pair.first.receive_all() == "");
    // The first has been obeyed. From half a second later on, another is a second one.
    std::this_thread::sleep_for(500ms);
    pair.process.signal(second_signal);
    CHECK(pair.second.receive_all() == "");
    auto const result = pair.process.result();
    CAPTURE(result.out, result.err);
    check_interrupted(result);
    // It is the user who did not wait.
    CHECK(result.exit == Exit::with(3));
    CHECK(result.planned() == 2);
    CHECK(result.outcome("acked") == 1);
    CHECK(result.outcome("connection_lost") == 1);
    CHECK(result.reason("the run was interrupted") == 1);
    CHECK(result.err ==
          "load: no verdict on 1 message that was not acked (1 connection lost): the run was "
          "interrupted before messages were answered: let it wait for the last answers\n");
}

TEST_CASE(
    "Interrupted by a signal that is delivered several times, load waits for what is on its way",
    "[load][system]") {
    Pair pair({"--messages", "2"});
    pair.first.receive_line();
    pair.second.receive_line();
    {
        // However long it takes to send them. Two that are alike and wait are one.
        Suspended const suspended(pair.process.process().id());
        pair.process.signal(SIGTERM);
        pair.process.signal(SIGINT);
        pair.first.send(ack_line);
    }
    check_waits_for_second(pair);
}

TEST_CASE("A signal that comes again until the end changes no exit status of load",
          "[load][failing-calls][system]") {
    int const signal = GENERATE(SIGINT, SIGTERM);
    CAPTURE(signal);
    Listener listener("tcp:127.0.0.1:0");
    FailingCalls calls;
    auto launch = load_launch({"--clients", "1", "--messages", "1", listener.address()});
    calls.preload(launch);
    Process load(launch);
    Peer peer = listener.accept();
    peer.receive_line();
    // The last of these calls are made when nobody hears a signal any more.
    calls.signal_at(Call::close, signal, every_time);
    peer.send(ack_line);
    CHECK(load.wait_for_exit() == Exit::with(0));
    CHECK(calls.failures(Call::close) > 0);
}

TEST_CASE("Interrupted while it waits for the last answers, load still reports", "[load][system]") {
    // One message, of the first client. When the time is over, the other one leaves.
    Pair pair({"--duration", "200ms", "--rate", "4"});
    pair.first.receive_line();
    CHECK(pair.second.receive_all() == "");
    pair.second.close();
    pair.process.signal(SIGINT);
    pair.first.send(ack_line);
    auto const result = pair.process.result();
    CAPTURE(result.out, result.err);
    REQUIRE(result.report.is_object());
    CHECK(result.planned() == 1);
    CHECK(result.sum_of_outcomes() == 1);
    CHECK(result.outcome("acked") + result.outcome("connection_lost") == 1);
    CHECK(result.exit == Exit::with(result.outcome("acked") == 1 ? 0 : 3));
}

TEST_CASE("Interrupted at any moment, load reports", "[load][system]") {
    std::size_t const messages = GENERATE(1U, 2U, 5U, 20U, 50U, 100U);
    bool const open = GENERATE(false, true);
    LineServer server({.delays = {3ms, 7ms}, .answer = [](std::size_t number, std::string const&) {
                           return LineServer::Reply{.closes = number % 7 == 6};
                       }});
    std::vector<std::string> arguments = {"--clients",  "6",        "--threads",
                                          "2",          "--warmup", "50ms",
                                          "--duration", "1h",       "--reconnect=3"};
    if (open) {
        arguments.insert(arguments.end(), {"--rate", "300"});
    }
    arguments.push_back(server.address());
    LoadProcess process(arguments);
    server.wait_for_messages(messages);
    process.signal(SIGINT);
    auto const result = process.result();
    CAPTURE(messages, open, result.out, result.err);
    check_interrupted(result);
    if (result.planned() == 0) {
        CHECK(result.exit == Exit::with(3));
    } else {
        CHECK(result.exit == result.verdict(result.outcome("acked") == result.planned() ? 0 : 1));
    }
}
