// Load and server together: the report of the one agrees with the counters of the other.
#include "support/answers.hpp"
#include "support/load_process.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

using Arguments = std::vector<std::string>;

struct Trial {
    LoadResult result;
    std::size_t acknowledged;  ///< as the server counts
    std::size_t accepted;
};

Trial try_server(bool by_unix, std::string const& threads, Arguments arguments) {
    TempDir const directory;
    auto server = ServerProcess::start({"--show", "raw", "--threads", threads,
                                        by_unix ? "unix:" + directory / "s" : "127.0.0.1:0"});
    arguments.insert(arguments.end(),
                     {"--threads", threads, "--audit", server.output_path(), server.address()});
    auto result = run_load(arguments);
    eventually("the server has counted its last client out",
               [&server] { return server.counter("clients") == 0; });
    return {.result = result,
            .acknowledged = server.counter("acknowledged"),
            .accepted = server.counter("accepted")};
}

void check_agreement(Trial const& trial) {
    auto const& result = trial.result;
    CHECK(result.planned() == result.sum_of_outcomes());
    // In an open loop, the end may come while a message waits for its client to be free.
    auto const unsent = result.outcome("unsent");
    CHECK(result.exit == result.verdict(unsent == 0 ? 0 : 1));
    CHECK(result.outcome("acked") + unsent == result.planned());
    CHECK(result.report.at("surplus_answers") == 0);
    CHECK(result.report.at("achieved").at("clients") == 100);
    // With those of the warm-up.
    CHECK(trial.acknowledged == static_cast<std::size_t>(result.audited("acked")));
    CHECK(trial.acknowledged == static_cast<std::size_t>(result.audited("written")));
    CHECK(trial.accepted == result.report.at("connections"));
}

}  // namespace

TEST_CASE("A test of one burst has the bytes of all its messages", "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    auto const result =
        run_load({"--clients", "10", "--messages", "10", "--message", "hello", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.outcome("acked") == 10);
    CHECK(result.report.at("achieved").at("sent_bytes") == 10 * std::string("hello\n").size());
    CHECK(result.report.at("achieved").at("received_bytes") == 10 * ack_line.size());
}

TEST_CASE("Our server acks every message of a closed loop", "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    auto const* const threads = GENERATE("1", "2");
    auto const trial = try_server(by_unix, threads, {"--clients", "100", "--duration", "300ms"});
    CAPTURE(by_unix, threads, trial.result.out, trial.result.err);
    check_agreement(trial);
    CHECK(trial.result.outcome("unsent") == 0);
    CHECK(trial.acknowledged == trial.result.outcome("acked"));
    CHECK(trial.accepted == 100);
}

TEST_CASE("Our server acks every message of an open loop", "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    auto const* const threads = GENERATE("1", "2");
    auto const* const arrivals = GENERATE("even", "poisson");
    auto const trial = try_server(by_unix, threads,
                                  {"--clients", "100", "--rate", "2000", "--duration", "300ms",
                                   "--warmup", "100ms", "--arrivals", arrivals});
    CAPTURE(by_unix, threads, arrivals, trial.result.out, trial.result.err);
    check_agreement(trial);
    if (arrivals == std::string("even")) {
        CHECK(trial.result.planned() == 600);
        // 200 more were planned for the warm-up, of which a busy machine may leave some unsent as
        // well.
        CHECK(trial.acknowledged <= 800 - trial.result.outcome("unsent"));
    }
    CHECK(trial.acknowledged >= trial.result.outcome("acked"));
    CHECK(trial.accepted == 100);
}

TEST_CASE("Our server acks every message of clients that come and go", "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    auto const* const threads = GENERATE("1", "2");
    auto const trial =
        try_server(by_unix, threads,
                   {"--clients", "100", "--messages", "1000", "--reconnect", "--rate", "4000"});
    CAPTURE(by_unix, threads, trial.result.out, trial.result.err);
    auto const& result = trial.result;
    CHECK(result.exit == Exit::with(0));
    CHECK(result.planned() == 1000);
    CHECK(result.outcome("acked") == 1000);
    CHECK(trial.acknowledged == 1000);
    CHECK(trial.accepted == result.report.at("connections"));
    // A message each, and those that connected for one that was not to come.
    CHECK(trial.accepted >= 1000);
    CHECK(trial.accepted <= 1100);
}

TEST_CASE("Several threads of load agree with several threads of the server",
          "[load][system][concurrency]") {
    bool const reconnects = GENERATE(false, true);
    Arguments arguments = {"--clients", "100", "--messages", "2000", "--pipeline", "4"};
    if (reconnects) {
        arguments.emplace_back("--reconnect=8");
    }
    auto const trial = try_server(false, "2", arguments);
    CAPTURE(reconnects, trial.result.out, trial.result.err);
    CHECK(trial.result.exit == Exit::with(0));
    CHECK(trial.result.planned() == 2000);
    CHECK(trial.result.outcome("acked") == 2000);
    CHECK(trial.acknowledged == 2000);
    CHECK(trial.result.audited("written") == 2000);
    CHECK(trial.accepted == trial.result.report.at("connections"));
}
