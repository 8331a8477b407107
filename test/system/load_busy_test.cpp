// Verdicts on a machine that has more to do than it can.
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

constexpr int most_loops = 4;
constexpr int runs = 100;

/// Processes that only use up the processors.
std::vector<Process> busy_loops() {
    std::vector<Process> loops;
    loops.reserve(most_loops);
    for (int i = 0; i != most_loops; ++i) {
        loops.emplace_back(
            Launch{.program = "/bin/sh", .arguments = {"-c", "while :; do :; done"}});
    }
    return loops;
}

}  // namespace

TEST_CASE("Beside busy loops, a hundred tests of a server that keeps up say that it does",
          "[.soak][load][system]") {
    ServerSetup setup;
    setup.out = Stdio::null();
    auto server = ServerProcess::start({"127.0.0.1:0"}, std::move(setup));
    auto const loops = busy_loops();
    for (int number = 0; number != runs; ++number) {
        Run const ended = run(load_launch({"--rate", "2000", "--duration", "2s", "--assert",
                                           "p99<500ms,failed=0", server.address()}));
        CAPTURE(number, ended.out, ended.err);
        CHECK(ended.exit == Exit::with(0));
    }
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("Beside busy loops, none of a hundred tests of a server that stalls says that it holds",
          "[.soak][load][system]") {
    LineServer const server({.stall = LineServer::Stall{.length = 1000ms, .every = 3000ms}});
    auto const loops = busy_loops();
    for (int number = 0; number != runs; ++number) {
        Run const ended = run(load_launch(
            {"--rate", "200", "--duration", "3s", "--assert", "p99<500ms", server.address()}));
        CAPTURE(number, ended.out, ended.err);
        CHECK((ended.exit == Exit::with(1) || ended.exit == Exit::with(3)));
    }
}
