// kill -9: whatever was acked is in the output, however suddenly the server ends.
#include "support/flood.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

using namespace roger::test;

namespace {

// Under sanitizers a life takes several times longer.
constexpr std::size_t rounds = sanitized ? 3 : 10;

/// One life of a server, cut short after so many acks.
void kill_under_load(std::vector<std::string> arguments, bool by_unix, std::size_t acks) {
    TempDir const directory;
    arguments.push_back(by_unix ? "unix:" + directory / "s" : "127.0.0.1:0");
    auto server = ServerProcess::start(std::move(arguments));
    Flood flood(server.address(), {});
    flood.run_until_acked(acks);
    server.signal(SIGKILL);
    // Acks may still be on their way.
    flood.run_until_ended();
    CHECK(server.wait_for_exit() == Exit::by(SIGKILL));
    auto const records = flood.records(server.output());
    std::size_t lost = 0;
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        auto const displayed = records.of_client[client];
        if (flood.acked(client) > displayed) {
            UNSCOPED_INFO(fmt::format("client {}: {} acked, {} displayed", client,
                                      flood.acked(client), displayed));
            ++lost;
        }
    }
    CHECK(lost == 0);
    CHECK(flood.all_acked() >= acks);
    CHECK(records.others.empty());
}

void check_rounds(std::size_t count, std::vector<std::string> const& options) {
    for (std::size_t round = 0; round < count; ++round) {
        CAPTURE(round);
        for (std::string const threads : {"1", "2"}) {
            CAPTURE(threads);
            auto arguments = options;
            arguments.insert(arguments.end(), {"--threads", threads});
            // From the first ack to well under way.
            kill_under_load(arguments, round % 2 == 1, 1 + round * 7919 % (20'000 / slowness));
        }
    }
}

}  // namespace

TEST_CASE("After kill -9 the output holds whatever was acked", "[kill][system]") {
    check_rounds(rounds, {});
}

TEST_CASE("After kill -9 the output holds whatever was acked, with --sync too", "[kill][system]") {
    check_rounds(rounds, {"--sync"});
}

TEST_CASE("After kill -9 the output holds whatever was acked, two hundred times",
          "[kill][system][.soak]") {
    check_rounds(100, {});
    check_rounds(100, {"--sync"});
}
