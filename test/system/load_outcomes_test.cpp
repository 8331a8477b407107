// Outcomes: whatever a server does, every planned message has exactly one, and the run ends.
#include "support/answers.hpp"
#include "support/deadline.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/peer.hpp"
#include "support/reserved_port.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

using Arguments = std::vector<std::string>;
using Reply = LineServer::Reply;

constexpr std::size_t open_planned = 60;  ///< with the options of `open_loop`

Arguments const closed_loop = {"--clients", "4", "--duration", "1500ms"};
Arguments const open_loop = {"--clients", "4", "--duration", "600ms", "--rate", "100"};

struct Variation {
    bool open;
    bool pipelined;
    bool reconnects;

    /// With a short timeout only where one is to come: the machine may be busy.
    [[nodiscard]] Arguments arguments(std::string const& ack_timeout = "10s") const {
        Arguments all = open ? open_loop : closed_loop;
        all.insert(all.end(), {"--ack-timeout", ack_timeout, "--connect-timeout", ack_timeout});
        if (pipelined) {
            all.insert(all.end(), {"--pipeline", "3"});
        }
        if (reconnects) {
            all.emplace_back(pipelined ? "--reconnect=3" : "--reconnect");
        }
        return all;
    }
};

std::vector<Variation> variations() {
    std::vector<Variation> all;
    for (bool const open : {false, true}) {
        for (bool const pipelined : {false, true}) {
            for (bool const reconnects : {false, true}) {
                all.push_back({.open = open, .pipelined = pipelined, .reconnects = reconnects});
            }
        }
    }
    return all;
}

void check_sum(LoadResult const& result) {
    CHECK(result.planned() == result.sum_of_outcomes());
    std::uint64_t failed = 0;
    for (auto const& reason : result.report.at("reasons")) {
        failed += reason.at("messages").get<std::uint64_t>();
    }
    CHECK(failed == result.planned() - result.outcome("acked"));
    CHECK(result.report.at("latencies").at("response").at("count") == result.outcome("acked"));
}

/// Messages that were to be sent when the end came: their clients were not free, or on their way
/// back.
std::uint64_t cut_off(LoadResult const& result) {
    return result.outcome("unsent") + result.outcome("never_connected");
}

/// Every message, but for those that the end cut off.
void check_never_connected(LoadResult const& result, std::string const& reason) {
    CHECK(result.outcome("never_connected") > 0);
    CHECK(cut_off(result) == result.planned());
    CHECK(result.reason(reason) > 0);
    CHECK(result.reason(reason) + result.reason("not connected when the run ended") +
              result.reason("the run ended") ==
          result.planned());
}

using Check = std::function<void(Variation const&, LoadResult const&, LineServer const&)>;

/// Runs every variation at the same time, each against a server of its own, which answers every
/// fifth message with `fifth` and the others as one should. The second is the first of them:
/// however long the machine keeps the programs waiting, each client sends one message at least.
void check_all(Reply const& fifth, int status, Check const& check) {
    bool const by_unix = GENERATE(false, true);
    TempDir const directory;
    std::deque<LineServer> servers;
    std::deque<LoadProcess> processes;
    auto const all = variations();
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& server = servers.emplace_back(LineServer::Options{
            .address =
                by_unix ? fmt::format("unix:{}", directory / std::to_string(i)) : "tcp:127.0.0.1:0",
            .delays = {15ms},
            .answer = [fifth](std::size_t number, std::string const&) {
                return number % 5 == 1 ? fifth : Reply{};
            }});
        auto arguments = all[i].arguments(fifth.bytes.empty() && !fifth.closes ? "400ms" : "10s");
        arguments.push_back(server.address());
        processes.emplace_back(arguments);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const result = processes[i].result();
        CAPTURE(by_unix, all[i].arguments(), result.out, result.err);
        CHECK((all[i].open || all[i].reconnects || cut_off(result) == 0));
        CHECK(result.exit == result.verdict(cut_off(result) == 0 ? status : 1));
        check_sum(result);
        // A server that stands still for a second can be too late for every message.
        CHECK((result.outcome("acked") > 0 || (fifth.bytes.empty() && !fifth.closes)));
        if (all[i].open) {
            CHECK(result.planned() == open_planned);
        }
        check(all[i], result, servers[i]);
    }
}

std::size_t fifths(LineServer const& server) {
    return (server.messages() + 3) / 5;
}

}  // namespace

TEST_CASE("Messages that a server does not answer time out", "[load][system]") {
    check_all({.bytes = ""}, 1, [](auto const& variation, auto const& result, auto const& server) {
        CHECK(result.outcome("timed_out") > 0);
        CHECK(result.reason("no answer within 400ms") == result.outcome("timed_out"));
        CHECK(result.outcome("refused") + result.outcome("wrong_answer") == 0);
        CHECK(result.report.at("surplus_answers") == 0);
        CHECK(result.report.at("idle_losses") == 0);
        if (!variation.pipelined) {
            // Others too, if the machine is that busy.
            CHECK(result.outcome("timed_out") >= fifths(server));
            eventually("the server has read all", [&] {
                return server.messages() == result.outcome("acked") + result.outcome("timed_out");
            });
        }
    });
}

TEST_CASE("Answers other than the expected one are wrong", "[load][system]") {
    check_all({.bytes = "I lost your message\n"}, 1,
              [](auto const&, auto const& result, auto const& server) {
                  CHECK(result.outcome("wrong_answer") == fifths(server));
                  CHECK(result.reason("'I lost your message'") == fifths(server));
                  CHECK(result.outcome("acked") == server.messages() - fifths(server));
              });
}

TEST_CASE("Refusals are counted by their text", "[load][system]") {
    check_all({.bytes = "error: too busy\n"}, 1,
              [](auto const&, auto const& result, auto const& server) {
                  CHECK(result.outcome("refused") == fifths(server));
                  CHECK(result.reason("'error: too busy'") == fifths(server));
                  CHECK(result.outcome("acked") == server.messages() - fifths(server));
              });
}

TEST_CASE("A connection that a server closes loses what was not answered", "[load][system]") {
    check_all({.bytes = "", .closes = true}, 1,
              [](auto const& variation, auto const& result, auto const& server) {
                  CHECK(result.outcome("connection_lost") >= fifths(server));
                  if (!variation.pipelined) {
                      CHECK(result.outcome("connection_lost") == fifths(server));
                      CHECK(result.reason("closed by the server") == fifths(server));
                      CHECK(result.outcome("acked") == server.messages() - fifths(server));
                  }
                  // The end may come while a client is on its way back.
                  CHECK(result.report.at("connections") <= server.connections());
                  CHECK(result.report.at("connections") >= server.connections() - 4);
              });
}

TEST_CASE("An answer that a closed connection cuts short is none", "[load][system]") {
    check_all({.bytes = "I got your mess", .closes = true}, 1,
              [](auto const& variation, auto const& result, auto const& server) {
                  CHECK(result.outcome("connection_lost") >= fifths(server));
                  if (!variation.pipelined) {
                      CHECK(result.reason("closed in the middle of an answer") == fifths(server));
                      CHECK(result.outcome("acked") == server.messages() - fifths(server));
                  }
              });
}

TEST_CASE("Answers in pieces are answers", "[load][system]") {
    check_all({.in_pieces = 1ms}, 0, [](auto const&, auto const& result, auto const& server) {
        CHECK(result.outcome("acked") == result.planned() - cut_off(result));
        CHECK(result.outcome("acked") == server.messages());
    });
}

TEST_CASE("Answers that come twice are surplus", "[load][system]") {
    check_all({.bytes = std::string(ack_line) + std::string(ack_line)}, 1,
              [](auto const& variation, auto const& result, auto const& server) {
                  CHECK(result.outcome("acked") == result.planned() - cut_off(result));
                  eventually("the server has read all",
                             [&] { return server.messages() == result.outcome("acked"); });
                  if (!variation.reconnects && !variation.pipelined) {
                      CHECK(result.report.at("surplus_answers") == fifths(server));
                  }
                  // Those of a pipeline can come when its client has gone.
                  CHECK(result.report.at("surplus_answers") <= fifths(server));
                  CHECK(result.report.at("surplus_answers") > 0);
                  if (result.exit == Exit::with(1)) {
                      CHECK(result.err.find("came that answered no message") != std::string::npos);
                  }
              });
}

TEST_CASE("Where nobody listens, no message has a connection", "[load][system]") {
    RefusingAddress const tcp;
    TempDir const directory;
    Listener abandoned("unix:" + directory / "abandoned");
    abandoned.close();
    struct Nobody {
        std::string address;
        std::string reason;
    };
    std::array<Nobody, 3> const all = {{
        {tcp.address(), "Connection refused"},
        {"unix:" + directory / "abandoned", "Connection refused"},
        {"unix:" + directory / "nothing", "No such file or directory"},
    }};
    for (auto const& [address, reason] : all) {
        for (auto const& variation : variations()) {
            auto arguments = variation.arguments();
            arguments.push_back(address);
            auto const result = run_load(arguments);
            CAPTURE(arguments, result.out, result.err);
            CHECK(result.exit == result.verdict(1));
            check_sum(result);
            check_never_connected(result, reason);
        }
    }
}

TEST_CASE("Where nobody listens, so many messages failed as were asked for", "[load][system]") {
    ReservedPort const port;
    for (auto const& [messages, planned] : {std::pair{"3", 3U}, std::pair{"300", 10U}}) {
        auto const result = run_load({"--clients", "10", "--threads", "3", "--messages", messages,
                                      fmt::format("127.0.0.1:{}", port.number())});
        CAPTURE(messages, result.out, result.err);
        CHECK(result.exit == Exit::with(1));
        CHECK(result.planned() == planned);
        check_never_connected(result, "Connection refused");
    }
}

TEST_CASE("A server that takes no connection lets each attempt time out", "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    TempDir const directory;
    Listener const listener(by_unix ? "unix:" + directory / "full" : "tcp:127.0.0.1:0", 0);
    // Its queue has room for one.
    Peer const only = Peer::connect(listener.address());
    std::deque<LoadProcess> processes;
    for (auto const& variation : variations()) {
        auto arguments = variation.arguments("400ms");
        arguments.push_back(listener.address());
        processes.emplace_back(arguments);
    }
    for (auto& process : processes) {
        auto const result = process.result();
        CAPTURE(by_unix, result.out, result.err);
        CHECK(result.exit == result.verdict(1));
        check_sum(result);
        check_never_connected(result, "Connection timed out");
    }
}

TEST_CASE("Connections that nobody accepts get no answer", "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    TempDir const directory;
    std::deque<Listener> listeners;
    std::deque<LoadProcess> processes;
    auto const all = variations();
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& listener = listeners.emplace_back(
            by_unix ? fmt::format("unix:{}", directory / std::to_string(i)) : "tcp:127.0.0.1:0");
        auto arguments = all[i].arguments("400ms");
        arguments.push_back(listener.address());
        processes.emplace_back(arguments);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const result = processes[i].result();
        CAPTURE(by_unix, all[i].arguments(), result.out, result.err);
        CHECK(result.exit == result.verdict(1));
        check_sum(result);
        CHECK(result.outcome("timed_out") >= 4);
        CHECK(result.outcome("acked") == 0);
        if (all[i].open) {
            CHECK(result.planned() == open_planned);
        }
    }
}

TEST_CASE("A client whose pipeline has more room than its connection waits for its answers",
          "[load][system]") {
    // Far more than the server takes, so that messages wait for a connection.
    LineServer const server({.delays = {15ms}});
    LoadProcess process({"--clients", "2", "--rate", "100000", "--duration", "400ms", "--pipeline",
                         "4", "--reconnect=2", server.address()});
    auto const result = process.result();
    CAPTURE(result.out, result.err);
    CHECK(result.exit == result.verdict(1));
    check_sum(result);
    CHECK(result.planned() == 40'000);
    CHECK(result.outcome("acked") > 0);
    CHECK(cut_off(result) > 0);
    CHECK(result.outcome("acked") + cut_off(result) == 40'000);
}

TEST_CASE("Messages longer than the system takes at once are sent in pipelines too",
          "[load][system]") {
    bool const open = GENERATE(false, true);
    TempDir const directory;
    LineServer const server({.address = "unix:" + directory / "s"});
    Arguments arguments = {"--clients",  "2", "--messages",    "40",  "--size", "1MiB",
                           "--pipeline", "4", "--ack-timeout", "none"};
    if (open) {
        arguments.insert(arguments.end(), {"--rate", "400"});
    }
    arguments.push_back(server.address());
    LoadProcess process(arguments);
    auto const result = process.result();
    CAPTURE(open, result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    check_sum(result);
    CHECK(result.planned() == 40);
    CHECK(result.outcome("acked") == 40);
}
