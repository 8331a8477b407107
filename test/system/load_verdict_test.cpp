// What a load test amounts to: its exit status, and a line for each reason.
#include "support/line_server.hpp"
#include "support/load_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// Each answer takes 20 ms, so that load is no bottleneck but on a busy machine. Of the messages,
/// one of so many is refused.
LineServer::Options refusing_one_of(std::size_t every) {
    return {.delays = {20ms}, .answer = [every](std::size_t number, std::string const&) {
                return number % every == 0 ? LineServer::Reply{"error: full\n"}
                                           : LineServer::Reply{};
            }};
}

LoadResult test(LineServer const& server, std::vector<std::string> const& assertions) {
    std::vector<std::string> arguments = {"--clients", "5", "--messages", "40", server.address()};
    for (std::string const& assertion : assertions) {
        arguments.insert(arguments.end(), {"--assert", assertion});
    }
    return run_load(arguments);
}

void check_held(LoadResult const& result) {
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.err.empty());
}

/// One line for each, in order.
void check_not_held(LoadResult const& result, std::vector<std::string> const& beginnings) {
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(1));
    auto const lines = split_lines(result.err);
    REQUIRE(lines.size() == beginnings.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        CHECK(lines[i].starts_with("load: " + beginnings[i]));
    }
}

}  // namespace

TEST_CASE("What is asserted and holds ends well", "[load][system]") {
    LineServer const server({.delays = {100ms}});
    auto const result =
        test(server, {"p99<20s", "p50>=15ms,failed=0", "service.mean>=15ms", "connect.max<20s",
                      "rate>=1", "rate<=1000000", "acked=40", "timed_out=0", "surplus_answers=0"});
    check_held(result);
    REQUIRE(result.report.at("assertions").size() == 10);
    for (auto const& assertion : result.report.at("assertions")) {
        CHECK(assertion.at("verdict") == "held");
    }
}

TEST_CASE("Each assertion that does not hold is told in a line", "[load][system]") {
    LineServer const server({.delays = {20ms}});
    auto const result = test(server, {"p50<1ms", "failed=0,max<2ms", "rate>=1000000"});
    check_not_held(result, {"p50<1ms does not hold: p50 is ", "max<2ms does not hold: max is ",
                            "rate>=1000000 does not hold: rate is "});
}

TEST_CASE("Failures that no assertion is about are not held", "[load][system]") {
    LineServer const server(refusing_one_of(4));
    check_not_held(test(server, {}), {"10 of 40 messages were not acked: 10 refused"});
    check_not_held(test(server, {"p99<20s"}), {"10 of 40 messages were not acked: 10 refused"});
    check_not_held(test(server, {"timed_out<100%"}),
                   {"10 of 40 messages were not acked: 10 refused"});
}

TEST_CASE("Failures that an assertion allows are held", "[load][system]") {
    LineServer const server(refusing_one_of(4));
    for (std::string const allowance :
         {"failed<50%", "refused<=10", "refused=25%", "failed<=10", "acked>=30", "acked=75%"}) {
        check_held(test(server, {allowance}));
    }
    check_not_held(test(server, {"failed<25%"}), {"failed<25% does not hold: failed is "});
    check_not_held(test(server, {"acked>75%"}), {"acked>75% does not hold: acked is "});
}

TEST_CASE("Answers that nobody asked for are not held, unless they are allowed", "[load][system]") {
    LineServer const server({.delays = {20ms}, .answer = [](std::size_t, std::string const&) {
                                 return LineServer::Reply{"I got your message\nand more\n"};
                             }});
    auto const by_one = [&server](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--clients", "5", "--messages", "5", server.address()});
        return run_load(arguments);
    };
    check_not_held(by_one({}), {"5 lines came that answered no message"});
    check_held(by_one({"--assert", "surplus_answers=5"}));
}

TEST_CASE("A test that planned nothing has no verdict", "[load][system]") {
    LineServer const server({});
    auto const result = run_load({"--clients", "1", "--rate", "0.001", "--arrivals", "poisson",
                                  "--duration", "50ms", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(3));
    CHECK(result.err.ends_with("load: no verdict, since no message was planned\n"));
}
