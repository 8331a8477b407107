// What a load test says, how much, and from where: seen from the server.
#include "support/answers.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

using Arguments = std::vector<std::string>;

/// What the server wrote of a run that acked everything.
std::vector<std::string> sent(Arguments arguments) {
    auto server = ServerProcess::start({"--show", "raw", "127.0.0.1:0"});
    arguments.push_back(server.address());
    auto const result = run_load(arguments);
    CAPTURE(fmt::format("{}", fmt::join(arguments, " ")), result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("acked") == result.planned());
    return split_lines(server.output());
}

/// The same, sorted.
std::multiset<std::string> all_sent(Arguments arguments) {
    auto const lines = sent(std::move(arguments));
    return {lines.begin(), lines.end()};
}

/// A server that keeps what it is told.
class Witness {
public:
    explicit Witness(std::string const& answer)
        : server_({.answer = [this, answer](std::size_t, std::string const& message) {
              messages_.insert(message);
              return LineServer::Reply{answer};
          }}) {}

    [[nodiscard]] std::string address() const { return server_.address(); }

    /// Once as many have come, nothing changes them any more.
    std::multiset<std::string> const& messages(std::size_t count) {
        server_.wait_for_messages(count);
        return messages_;
    }

private:
    std::multiset<std::string> messages_;
    LineServer server_;
};

}  // namespace

TEST_CASE("Times that a test can do without may be zero", "[load][system]") {
    for (std::string const none : {"0ms", "none"}) {
        CHECK(
            sent({"--clients", "2", "--messages", "4", "--warmup", none, "--ramp", none}).size() ==
            4);
    }
    CHECK(sent({"--clients", "2", "--messages", "4", "--think-time", "0ms"}).size() == 4);
    CHECK(sent({"--clients", "2", "--messages", "4", "--think-time", "0ms-1ms"}).size() == 4);
}

TEST_CASE("As many messages are said as were asked for", "[load][system]") {
    for (Arguments const& more : std::vector<Arguments>{
             {"--clients", "7"},
             {"--clients", "7", "--threads", "2"},
             {"--clients", "100", "--threads", "2"},
             {"--clients", "7", "--pipeline", "5"},
             {"--clients", "7", "--rate", "5000"},
             {"--clients", "7", "--rate", "5000", "--arrivals", "poisson", "--threads", "2"},
             {"--clients", "7", "--reconnect=2"}}) {
        for (std::string const count : {"1", "3", "50"}) {
            Arguments arguments = {"--messages", count};
            arguments.insert(arguments.end(), more.begin(), more.end());
            CHECK(sent(arguments).size() == std::stoul(count));
        }
    }
}

TEST_CASE("Every client numbers its messages from 1", "[load][system]") {
    auto const lines = sent({"--clients", "3", "--messages", "31", "--rate", "2000", "--threads",
                             "2", "--message", "<{client}> {message} {other}"});
    std::multiset<std::string> expected;
    for (int i = 0; i < 31; ++i) {
        expected.insert(fmt::format("<{}> {} {{other}}", i % 3, i / 3 + 1));
    }
    CHECK(std::multiset<std::string>(lines.begin(), lines.end()) == expected);
}

TEST_CASE("What is said by default names the message and the client", "[load][system]") {
    CHECK(all_sent({"--clients", "1", "--messages", "2"}) ==
          std::multiset<std::string>{"message 1 of client 0", "message 2 of client 0"});
}

TEST_CASE("Messages have the size asked for", "[load][system]") {
    for (std::size_t const size : {1U, 100U, 16384U}) {
        auto const lines =
            sent({"--clients", "2", "--messages", "6", "--size", std::to_string(size) + "B"});
        REQUIRE(lines.size() == 6);
        for (std::string const& line : lines) {
            CHECK(line.size() == size);
        }
    }
}

TEST_CASE("The lines of a file are said in turn", "[load][system]") {
    TempDir const directory;
    write_file(directory / "lines", "first\nsecond of {client}\r\n\nlast, unfinished");
    auto const all = all_sent({"--clients", "2", "--messages", "16", "--rate", "1000",
                               "--messages-from", directory / "lines"});
    CHECK(all.size() == 16);
    CHECK(all.count("first") == 4);
    CHECK(all.count("second of 0") == 2);
    CHECK(all.count("second of 1") == 2);
    CHECK(all.count("") == 4);
    CHECK(all.count("last, unfinished") == 4);
}

TEST_CASE("A line ends as was asked for, and so may an answer", "[load][system]") {
    for (std::string const ending : {"lf", "crlf"}) {
        Witness witness("+PONG\r\n");
        auto const result =
            run_load({"--clients", "1", "--messages", "3", "--message", "PING", "--line-ending",
                      ending, "--expect", "+PONG", witness.address()});
        CAPTURE(ending, result.out, result.err);
        CHECK(result.outcome("acked") == 3);
        CHECK(witness.messages(3).count(ending == "lf" ? "PING" : "PING\r") == 3);
    }
}

TEST_CASE("What is expected is an ack, and any line is where any is expected", "[load][system]") {
    LineServer const server({.answer = [](std::size_t number, std::string const&) {
        return LineServer::Reply{number % 2 == 0 ? "STORED\n" : "error: full\n"};
    }});
    auto const expecting = [&server](Arguments arguments) {
        arguments.insert(arguments.end(), {"--clients", "1", "--messages", "4", server.address()});
        return run_load(arguments);
    };
    auto const usual = expecting({});
    CHECK(usual.outcome("wrong_answer") == 2);
    CHECK(usual.outcome("refused") == 2);
    CHECK(usual.exit == usual.verdict(1));

    auto const stored = expecting({"--expect", "STORED"});
    CHECK(stored.outcome("acked") == 2);
    CHECK(stored.outcome("refused") == 2);

    auto const refused = expecting({"--expect", "error: full"});
    CHECK(refused.outcome("acked") == 2);
    CHECK(refused.outcome("wrong_answer") == 2);

    auto const any = expecting({"--expect", "any"});
    CHECK(any.outcome("acked") == 4);
    CHECK(any.exit == Exit::with(0));
}

TEST_CASE("Clients connect from the sources given, in turn", "[load][system]") {
    auto server = ServerProcess::start({"--show", "json", "127.0.0.1:0"});
    auto const result = run_load({"--clients", "8", "--messages", "8", "--rate", "1000", "--source",
                                  "127.0.0.2-127.0.0.5", server.address()});
    CHECK(result.outcome("acked") == 8);
    std::map<std::string, std::size_t> by_source;
    for (std::string const& line : split_lines(server.output())) {
        std::string const from = nlohmann::json::parse(line).at("from");
        ++by_source[from.substr(0, from.rfind(':'))];
    }
    CHECK(by_source == std::map<std::string, std::size_t>{{"tcp:127.0.0.2", 2},
                                                          {"tcp:127.0.0.3", 2},
                                                          {"tcp:127.0.0.4", 2},
                                                          {"tcp:127.0.0.5", 2}});
}

TEST_CASE("A source that is not ours is refused", "[load][system]") {
    LineServer const server({});
    Run const ended = run(load_launch({"--source", "192.0.2.1", server.address()}));
    CHECK(ended.exit == Exit::with(3));
    CHECK(ended.err == "load: --source: 192.0.2.1 is no address of this host\n");
}

TEST_CASE("A connection is used for as many messages as asked for", "[load][system]") {
    struct Case {
        Arguments options;
        std::size_t connections;
    };
    // Two clients with 15 messages each.
    for (auto const& [options, connections] :
         std::vector<Case>{{{}, 2},
                           {{"--reconnect"}, 30},
                           {{"--reconnect=3"}, 10},
                           {{"--reconnect=4"}, 8},
                           {{"--reconnect=3", "--pipeline", "2"}, 10}}) {
        auto server = ServerProcess::start({"127.0.0.1:0"});
        Arguments arguments = {"--clients", "2",    "--messages",    "30",
                               "--rate",    "1000", server.address()};
        arguments.insert(arguments.end(), options.begin(), options.end());
        auto const result = run_load(arguments);
        CAPTURE(fmt::format("{}", fmt::join(options, " ")), result.out, result.err);
        CHECK(result.outcome("acked") == 30);
        CHECK(result.report.at("connections") == connections);
        CHECK(server.counter("accepted") == connections);
        CHECK(server.counter("messages") == 30);
        CHECK(result.report.at("idle_losses") == 0);
    }
}

TEST_CASE("In a closed loop too a connection is used for as many messages as asked for",
          "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    auto const result =
        run_load({"--clients", "1", "--messages", "20", "--reconnect=4", server.address()});
    CHECK(result.outcome("acked") == 20);
    CHECK(server.counter("accepted") == 5);
}

TEST_CASE("A pipeline has as many messages in flight as asked for", "[load][system]") {
    // Answers four at once, and nothing before: with fewer in flight no message would be answered.
    LineServer const server({.answer = [](std::size_t number, std::string const&) {
        return LineServer::Reply{number % 4 == 3 ? times(4, ack_line) : ""};
    }});
    for (std::string const pace : {"--threads=1", "--rate=1000"}) {
        auto const result = run_load({"--clients", "1", pace, "--pipeline", "4", "--messages", "40",
                                      "--ack-timeout", "1min", server.address()});
        CAPTURE(pace, result.out, result.err);
        CHECK(result.outcome("acked") == 40);
    }
    auto const result = run_load({"--clients", "1", "--pipeline", "3", "--messages", "3",
                                  "--ack-timeout", "100ms", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.outcome("acked") == 0);
    CHECK(result.planned() == 3);
}

TEST_CASE("An address may be two words, or a Unix socket's", "[load][system]") {
    TempDir const directory;
    auto server =
        ServerProcess::start({"127.0.0.1:0", "unix:" + directory / "s"}, {.addresses = 2});
    std::string const port = server.address(0).substr(server.address(0).rfind(':') + 1);
    for (Arguments const& address : {Arguments{"127.0.0.1", port}, Arguments{"localhost", port},
                                     Arguments{server.address(1)}}) {
        Arguments arguments = {"--clients", "2", "--messages", "4"};
        arguments.insert(arguments.end(), address.begin(), address.end());
        auto const result = run_load(arguments);
        CAPTURE(result.out, result.err);
        CHECK(result.outcome("acked") == 4);
    }
}

TEST_CASE("A server that speaks first is heard before the first message", "[load][system]") {
    Listener listener("tcp:127.0.0.1:0");
    Process load(load_launch({"--greeting", "--clients", "1", "--messages", "1", "--expect",
                              "250 ok", listener.address()}));
    Peer peer = listener.accept();
    CHECK_FALSE(peer.would_receive_within(50ms));
    peer.send("220 hello\r\n");
    CHECK(peer.receive_line() == "message 1 of client 0");
    peer.send("250 ok\r\n");
    CHECK(peer.receive_all() == "");
    peer.close();
    Run const ended = {
        .exit = load.wait_for_exit(), .out = load.out().read_all(), .err = load.err().read_all()};
    CHECK(ended.exit == Exit::with(0));
}

TEST_CASE("A server that closes instead of its greeting was never connected to", "[load][system]") {
    Listener listener("tcp:127.0.0.1:0");
    Process load(load_launch({"--greeting", "--clients", "1", listener.address()}));
    listener.accept().close();
    Run const ended = {
        .exit = load.wait_for_exit(), .out = load.out().read_all(), .err = load.err().read_all()};
    CAPTURE(ended.err);
    CHECK(ended.exit == Exit::with(1));
    CHECK(ended.out.find("planned 1 = never connected 1") != std::string::npos);
}
