// The search for the highest rate, against servers whose capacity is known.
#include "support/datagram_server.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/machine_watch.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <regex>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// 1,234.5/s
double rate_in(std::string text) {
    std::erase(text, ',');
    return std::stod(text);
}

struct Finding {
    double rate = 0;
    double from = 0;
    double to = 0;
    std::vector<std::string> trials;  ///< a line for each
};

Finding read_finding(std::string const& out) {
    static std::regex const last_line(
        R"(Highest rate that holds: (\S+)/s \(95% confidence: (\S+)/s to (\S+)/s\))");
    auto const lines = split_lines(out);
    std::smatch found;
    REQUIRE(lines.size() > 3);
    REQUIRE(std::regex_match(lines.back(), found, last_line));
    CHECK(lines[lines.size() - 2].empty());
    CHECK(lines[0] == "    asked  achieved    p50    p99 failed");
    return {.rate = rate_in(found[1]),
            .from = rate_in(found[2]),
            .to = rate_in(found[3]),
            .trials = {lines.begin() + 1, lines.end() - 2}};
}

/// Messages a second.
constexpr double capacity = 1e6 / 600;

/// Above its capacity, a server's answers are late by a share of the time that the test lasts.
/// Below it they are not, but for this delay: so long that what a busy machine does to the load
/// tester is small against it.
LineServer::Options of_known_capacity() {
    return {.delays = {30ms}, .service_time = 600us};
}

/// A moment in which a busy machine left the load tester without a processor can cost its verdict.
/// That says nothing about how it searches: it may try again, and where it has none in the end, the
/// test has none either.
Run find_undisturbed(std::vector<std::string> const& arguments) {
    Run ended = run(load_launch(arguments));
    for (int attempts = 1; attempts < 3 && ended.exit == Exit::with(3); ++attempts) {
        ended = run(load_launch(arguments));
    }
    if (ended.exit == Exit::with(3)) {
        SKIP("this machine is too busy to measure on: " << ended.out);
    }
    return ended;
}

}  // namespace

TEST_CASE("The highest rate that is found is the server's capacity", "[load][system][serial]") {
    MachineWatch watch;
    LineServer const server(of_known_capacity());
    Run const ended =
        find_undisturbed({"--clients", "300", "--rate", "1500", "--find", "p99<50ms,failed=0",
                          "--duration", sanitized ? "2s" : "800ms", server.address()});
    CAPTURE(ended.out, ended.err);
    watch.need_quiet(100ms);
    REQUIRE(ended.exit == Exit::with(0));
    CHECK(ended.err.empty());
    auto const finding = read_finding(ended.out);
    CHECK(std::abs(finding.rate - capacity) < 0.05 * capacity);
    CHECK(finding.from < finding.rate);
    CHECK(finding.rate < finding.to);
    CHECK(finding.trials.size() >= 10);
    CHECK(std::ranges::any_of(finding.trials,
                              [](std::string const& line) { return line.ends_with("  held"); }));
    CHECK(std::ranges::any_of(finding.trials, [](std::string const& line) {
        return line.find("p99<50ms does not hold: p99 is ") != std::string::npos ||
               line.find("the queue grew: by ") != std::string::npos;
    }));
}

TEST_CASE("What an overloaded server achieves is its capacity", "[load][system][serial]") {
    MachineWatch watch;
    LineServer const server(of_known_capacity());
    auto const result =
        run_load({"--clients", "300", "--rate", "3000", "--duration", "3s", server.address()});
    CAPTURE(result.out, result.err);
    watch.need_quiet();
    double const achieved = result.report.at("achieved").at("rate_per_s");
    CHECK(std::abs(achieved - capacity) < 0.05 * capacity);
    // In the last interval too: what is answered after it is not achieved in it.
    auto const& last = result.report.at("intervals").back();
    CHECK(last.at("acked").get<double>() <= 1.1 * capacity * last.at("length_s").get<double>());
}

TEST_CASE("A server that cannot meet an objective at all has no rate", "[load][system]") {
    LineServer const server({.delays = {200ms}});
    Run const ended = find_undisturbed({"--clients", "4", "--rate", "8", "--find", "p50<100ms",
                                        "--duration", "100ms", server.address()});
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit == Exit::with(1));
    auto const lines = split_lines(ended.out);
    REQUIRE(lines.size() > 3);
    CHECK(lines.back() == "Highest rate that holds: none, not even 1/s");
    for (auto line = lines.begin() + 1; line != lines.end() - 2; ++line) {
        // A trial that a busy machine spoilt is repeated.
        CHECK((line->find("p50<100ms does not hold: p50 is ") != std::string::npos ||
               line->find("no verdict") != std::string::npos));
    }
}

TEST_CASE("A server that fails some messages at any rate has no rate without failures",
          "[load][system]") {
    LineServer const server({.delays = {200ms}, .answer = [](std::size_t, std::string const&) {
                                 return LineServer::Reply{"error: full\n"};
                             }});
    Run const ended = find_undisturbed({"--clients", "4", "--rate", "4", "--find", "failed=0",
                                        "--duration", "100ms", server.address()});
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit == Exit::with(1));
    CHECK(ended.out.find("none, not even") != std::string::npos);
    CHECK(ended.out.find("failed=0 does not hold: failed is ") != std::string::npos);
}

TEST_CASE("A search for a server that is not there says so at once", "[load][system]") {
    Run const ended = run(load_launch({"--clients", "2", "--rate", "4", "--find", "p99<1s",
                                       "--duration", "100ms", "unix:@roger-test-nobody"}));
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit == Exit::with(3));
    CHECK(split_lines(ended.out).size() == 1);
    CHECK(ended.err ==
          "load: unix:@roger-test-nobody: no connection was made: Connection refused\n");
}

TEST_CASE("A search for the rate of a server that answers nothing ends with its first trial",
          "[load][system]") {
    bool const datagrams = GENERATE(false, true);
    LineServer const silent(
        {.answer = [](std::size_t, std::string const&) { return LineServer::Reply{.bytes = ""}; }});
    DatagramServer const silent_too("udp:127.0.0.1:0", [](std::size_t, std::string const&) {
        return std::vector<DatagramServer::Answer>();
    });
    std::string const address = datagrams ? silent_too.address() : silent.address();
    Run const ended = run(load_launch({"--clients", "2", "--rate", "100", "--find", "p99<1s",
                                       "--duration", "100ms", "--ack-timeout", "100ms", address}));
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit == Exit::with(3));
    CHECK(split_lines(ended.out).size() == 1);
    CHECK(ended.err == "load: " + address + ": no message was answered: no answer within 100ms\n");
}

TEST_CASE("A search shows each trial when it is over", "[load][system]") {
    LineServer const server({.delays = {200ms}});
    Process load(load_launch({"--clients", "4", "--rate", "1000", "--find", "p50<100ms",
                              "--duration", "1s", server.address()}));
    load.out().read_until("failed\n");
    auto const first = load.out().read_line();
    CHECK(first.starts_with("  1,000/s"));
    CHECK(load.runs());
    load.signal(SIGINT);
    CHECK(load.wait_for_exit() == Exit::with(3));
}
