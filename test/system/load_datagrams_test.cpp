// load over datagrams, against servers whose truth is known and against our own.
#include "support/datagram_peer.hpp"
#include "support/datagram_server.hpp"
#include "support/load_process.hpp"
#include "support/milliseconds.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

using Answers = std::vector<DatagramServer::Answer>;
using Arguments = std::vector<std::string>;

std::string address_in(TempDir const& directory, bool by_unix) {
    return by_unix ? "unixgram:" + directory / "s" : "udp:127.0.0.1:0";
}

std::string address_in(TempDir const& directory) {
    return address_in(directory, GENERATE(false, true));
}

std::uint64_t of_datagrams(LoadResult const& result, std::string const& what) {
    return result.report.at("datagrams").at(what);
}

}  // namespace

TEST_CASE("What is not answered, answered late, twice or in another order is counted",
          "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    auto const test = [by_unix](Duration ack_timeout) {
        auto const answer = [ack_timeout](std::size_t number, std::string const&) -> Answers {
            switch (number % 20) {
                case 3:
                    return {};  // lost
                case 7:
                    return {{.to = number, .after = ack_timeout * 3 / 2}};  // late
                case 11:
                    return {{.to = number}, {.to = number}};
                case 14:
                    return {};  // until the next has been answered
                case 15:
                    return {{.to = number}, {.to = number - 1}};
                case 19:
                    return {{.to = number, .bytes = "error: busy"}};
                default:
                    return {{.to = number}};
            }
        };
        TempDir const directory;
        DatagramServer const server(address_in(directory, by_unix), answer);
        return run_load({"--clients", "20", "--messages", "400", "--ack-timeout",
                         in_ms(ack_timeout), "--assert",
                         "refused=20,timed_out=40,surplus_answers=20", server.address()});
    };
    // Where this machine kept one side from its work, late answers were in time, or too late.
    LoadResult result;
    std::ignore = succeeds_given_time(1s, [&](Duration ack_timeout) {
        result = test(ack_timeout);
        return result.exit == Exit::with(0) && of_datagrams(result, "late_answers") == 20;
    });
    CAPTURE(by_unix, result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.planned() == 400);
    CHECK(result.outcome("acked") == 340);
    CHECK(result.outcome("refused") == 20);
    CHECK(result.outcome("timed_out") == 40);
    CHECK(of_datagrams(result, "late_answers") == 20);
    CHECK(result.report.at("surplus_answers") == 20);
    auto const overtaken = of_datagrams(result, "overtaken");
    // Two processors may still exchange two answers on their way; epoll_wait(2) tells of Unix
    // sockets in any order.
    CHECK((overtaken >= 10 || by_unix));
    CHECK(result.report.at("datagrams").at("listened_s") ==
          result.report.at("asked").at("ack_timeout_s"));
    if (result.exit == Exit::with(0)) {
        CHECK(result.out.find("datagrams: 20 answered late, 20 never, 20 surplus answers, ") !=
              std::string::npos);
    }
}

TEST_CASE("A late answer is not taken for that to the next message", "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    auto const test = [by_unix](Duration ack_timeout) {
        TempDir const directory;
        // All are late: were one taken for another's, that would be acked.
        DatagramServer const server(
            address_in(directory, by_unix), [ack_timeout](std::size_t number, std::string const&) {
                return Answers{{.to = number, .after = ack_timeout * 3 / 2}};
            });
        return run_load({"--clients", "2", "--messages", "4", "--ack-timeout", in_ms(ack_timeout),
                         "--assert", "timed_out=4", server.address()});
    };
    LoadResult result;
    std::ignore = succeeds_given_time(1s, [&](Duration ack_timeout) {
        result = test(ack_timeout);
        return result.exit == Exit::with(0) && of_datagrams(result, "late_answers") == 4;
    });
    CAPTURE(by_unix, result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("timed_out") == 4);
    CHECK(of_datagrams(result, "late_answers") == 4);
}

TEST_CASE("An audit of datagrams tells losses there and back, copies and another order",
          "[load][system]") {
    TempDir const directory;
    auto const path = directory / "output";
    std::ofstream output(path, std::ios::binary);
    std::string held;
    DatagramServer const server(
        address_in(directory), [&](std::size_t number, std::string const& message) -> Answers {
            switch (number % 10) {
                case 1:
                    return {};  // lost on the way there
                case 3:
                    output << message << '\n' << std::flush;
                    return {};  // the ack is lost
                case 5:
                    output << message << '\n' << message << '\n' << std::flush;
                    return {{.to = number}, {.to = number}};
                case 7:
                    held = message;  // overtaken by the next
                    return {};
                case 8:
                    output << message << '\n' << held << '\n' << std::flush;
                    return {{.to = number}, {.to = number - 1}};
                default:
                    output << message << '\n' << std::flush;
                    return {{.to = number}};
            }
        });
    auto const result =
        run_load({"--clients", "10", "--messages", "50", "--ack-timeout", "5s", "--audit", path,
                  "--assert", "timed_out=10,surplus_answers=5", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.audited("acked") == 40);
    CHECK(result.audited("written") == 50);
    CHECK(result.audited("lost") == 5);
    CHECK(result.audited("written_not_acked") == 5);
    CHECK(result.audited("written_twice") == 5);
    CHECK(result.audited("out_of_order") == 5);
    CHECK(result.audited("acked_not_written") == 0);
    CHECK(result.audited("damaged") == 0);
}

TEST_CASE("An audit of datagrams finds what was acked and not written", "[load][system]") {
    TempDir const directory;
    auto const path = directory / "output";
    std::ofstream output(path, std::ios::binary);
    DatagramServer const server(address_in(directory),
                                [&](std::size_t number, std::string const& message) -> Answers {
                                    if (number != 9) {
                                        output << message << '\n' << std::flush;
                                    }
                                    return {{.to = number}};
                                });
    auto const result = run_load({"--clients", "4", "--messages", "40", "--ack-timeout", "none",
                                  "--audit", path, server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == result.verdict(1));
    CHECK(result.audited("acked_not_written") == 1);
}

TEST_CASE("Our server loses, copies and reorders no datagram by itself", "[load][system]") {
    TempDir const directory;
    auto const address = address_in(directory);
    auto const* const threads = GENERATE("1", "2");
    bool const open = GENERATE(false, true);
    auto server = ServerProcess::start({"--show", "raw", address});
    Arguments arguments = {
        "--clients",     "20",       "--threads",     threads,   "--messages",
        "3000",          "--warmup", "20ms",          "--audit", server.output_path(),
        "--ack-timeout", "none",     server.address()};
    if (open) {
        arguments.insert(arguments.begin(), {"--rate", "10000"});
    }
    auto const result = run_load(arguments);
    CAPTURE(threads, open, result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("acked") == 3000);
    CHECK(result.audited("acked_not_written") == 0);
    CHECK(result.audited("written") == result.audited("acked"));
    CHECK(result.audited("written_twice") == 0);
    CHECK(result.audited("out_of_order") == 0);
    CHECK(result.audited("lost") == 0);
    CHECK(result.report.at("surplus_answers") == 0);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("Where nobody listens for datagrams, load says so", "[load][system]") {
    // Held, so that nobody else gets it; and it takes from its own server only.
    auto holder = DatagramPeer::to("udp:127.0.0.1:9", "udp:127.0.0.1:0");
    holder.connect();
    std::string const address = holder.own_address();
    auto const result = run_load({"--clients", "3", "--rate", "100", "--duration", "1s", address});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == result.verdict(1));
    CHECK(result.planned() == 100);
    // The end may come while a message waits for its client.
    CHECK(result.outcome("never_connected") + result.outcome("unsent") == 100);
    CHECK(result.reason("Connection refused") > 0);
}

TEST_CASE("A datagram goes to the address of a name where somebody listens", "[load][system]") {
    auto server = ServerProcess::start({"udp:127.0.0.1:0"});
    std::string const port = server.address().substr(server.address().rfind(':') + 1);
    // Where localhost is ::1 first, nobody listens on that.
    auto const result = run_load(
        {"--clients", "3", "--messages", "30", "--ack-timeout", "none", "udp:localhost:" + port});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("acked") == 30);
}

TEST_CASE("Deaf datagram clients do not hold up the others", "[load][system]") {
    TempDir const directory;
    auto server = ServerProcess::start({address_in(directory)});
    auto const result =
        run_load({"--clients", "5", "--rate", "100", "--messages", "100", "--ack-timeout", "none",
                  "--misbehave", "deaf=3", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("acked") == 100);
    CHECK(result.report.at("misbehaving") == nlohmann::json{{"deaf", 3}});
    CHECK(server.counter("messages") > 100 + 3);
}

TEST_CASE("What a datagram does not have is refused", "[load][system]") {
    auto const check = [](Arguments arguments, std::string const& said) {
        arguments.emplace_back("udp:127.0.0.1:5");
        auto const ended = run(load_launch(arguments));
        CAPTURE(ended.err);
        CHECK(ended.exit == Exit::with(2));
        CHECK(ended.err.find(said) != std::string::npos);
    };
    check({"--pipeline", "2"}, "--pipeline: datagrams have no connection");
    check({"--reconnect"}, "--reconnect: datagrams have no connection");
    check({"--greeting"}, "--greeting: datagrams have no connection");
    check({"--misbehave", "silent=1"}, "a datagram client can be deaf; to be silent takes");
    check({"--size", "65508B"}, "--size: a UDP datagram holds at most 65507 bytes");
}
