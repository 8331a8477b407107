// Misbehaving clients beside healthy ones: the server knows of them, and the figures do not.
#include "support/deadline.hpp"
#include "support/files.hpp"
#include "support/load_process.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

using namespace roger::test;

namespace {

constexpr std::size_t healthy = 5;
constexpr std::size_t misbehaving = 3;
constexpr std::size_t healthy_messages = 100;  ///< of the healthy ones, in a second

/// The program's result, with nothing but acked messages of healthy clients.
LoadResult test_beside(std::string const& behaviour, ServerProcess& server,
                       std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(),
                     {"--clients", "5", "--rate", "100", "--messages", "100", "--message", "hi",
                      "--misbehave", behaviour, server.address()});
    auto const result = run_load(arguments);
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.planned() == healthy_messages);
    CHECK(result.outcome("acked") == healthy_messages);
    CHECK(result.report.at("connections") == healthy);
    CHECK(result.report.at("achieved").at("clients") == healthy);
    CHECK(result.report.at("surplus_answers") == 0);
    return result;
}

}  // namespace

TEST_CASE("Silent clients stay and say nothing", "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    auto const result = test_beside("silent=3", server);
    CHECK(result.report.at("misbehaving") == nlohmann::json{{"silent", misbehaving}});
    CHECK(server.counter("accepted") == healthy + misbehaving);
    CHECK(server.counter("messages") == healthy_messages);
}

TEST_CASE("A silent client that is thrown out comes again", "[load][system]") {
    auto server = ServerProcess::start({"--idle-timeout", "1500ms", "127.0.0.1:0"});
    LoadProcess load({"--clients", "5", "--rate", "100", "--duration", "1h", "--misbehave",
                      "silent=3", server.address()});
    eventually("they have been thrown out",
               [&] { return server.counter("idle_timeouts") >= misbehaving; });
    eventually("they are there again",
               [&] { return server.counter("accepted") > healthy + misbehaving; });
    load.signal(SIGINT);
    auto const result = load.result();
    CAPTURE(result.out, result.err);
    CHECK(result.outcome("acked") > 0);
    for (std::string const outcome : {"refused", "wrong_answer", "timed_out", "connection_lost"}) {
        CHECK(result.outcome(outcome) == 0);
    }
}

TEST_CASE("Slow clients say their messages a byte at a time", "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    auto const begun = Clock::now();
    test_beside("slow=3", server);
    std::chrono::duration<double> const took_s = Clock::now() - begun;
    CHECK(server.counter("accepted") == healthy + misbehaving);
    // Three bytes a message and ten a second.
    std::size_t const said = server.counter("messages") - healthy_messages;
    CHECK(said >= 1);
    CHECK(static_cast<double>(said) <= 10 * misbehaving * (took_s.count() + 1));
}

TEST_CASE("Deaf clients say messages and never read an answer", "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    test_beside("deaf=3", server);
    CHECK(server.counter("accepted") == healthy + misbehaving);
    CHECK(server.counter("messages") > healthy_messages + 10 * misbehaving);
}

TEST_CASE("Half-closing clients come again and again", "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    test_beside("half=3", server);
    CHECK(server.counter("accepted") > healthy + misbehaving);
    eventually("every message of a half-closing client has come",
               [&] { return server.counter("clients") == 0; });
    std::size_t const said = server.counter("messages") - healthy_messages;
    std::size_t const connected = server.counter("accepted") - healthy;
    CHECK(said <= connected);
    // The end may come between a connection and its message.
    CHECK(said + misbehaving >= connected);
}

TEST_CASE("Half-closing clients come again however their connections end", "[load][system]") {
    Listener listener("tcp:127.0.0.1:0");
    LoadProcess load({"--clients", "1", "--rate", "1", "--duration", "1h", "--misbehave", "half=20",
                      listener.address()});
    {
        // The healthy one among them: where it cannot connect, there is no test.
        std::vector<Peer> first;
        while (first.size() < 21) {
            first.push_back(listener.accept());
        }
    }
    for (int connections = 0; connections < 300; ++connections) {
        listener.accept().reset();
    }
    listener.close();
    load.signal(SIGINT);
    CHECK(load.result().report.at("misbehaving") == nlohmann::json{{"half", 20}});
}

TEST_CASE("Misbehaving clients connect from where they are told to", "[load][system]") {
    auto server = ServerProcess::start({"--show", "json", "127.0.0.1:0"});
    test_beside("half=4", server, {"--source", "127.0.0.2-127.0.0.3"});
    CHECK(server.counter("accepted") > healthy + 4);
    for (std::string const& record : split_lines(server.output())) {
        std::string const from = nlohmann::json::parse(record).at("from");
        CHECK((from.starts_with("tcp:127.0.0.2:") || from.starts_with("tcp:127.0.0.3:")));
    }
}

TEST_CASE("Resetting clients come again and again", "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    test_beside("reset=3", server);
    CHECK(server.counter("accepted") > healthy + misbehaving);
    CHECK(server.counter("messages") >= healthy_messages);
}

TEST_CASE("Endless lines are refused", "[load][system]") {
    auto server = ServerProcess::start({"--max-message", "32KiB", "127.0.0.1:0"});
    test_beside("endless=3", server);
    CHECK(server.counter("refused_too_long") >= misbehaving);
    CHECK(server.counter("accepted") >= healthy + misbehaving);
    eventually("all are counted",
               [&] { return server.counter("acknowledged") == healthy_messages; });
}

TEST_CASE("All kinds of misbehaving clients together leave the healthy ones alone",
          "[load][system]") {
    TempDir const directory;
    auto server =
        ServerProcess::start({GENERATE(false, true) ? "unix:" + directory / "s" : "127.0.0.1:0"});
    auto const result = test_beside("silent=1,slow=2,deaf=3,half=4,reset=5,endless=6", server);
    CHECK(result.report.at("misbehaving") ==
          nlohmann::json{
              {"silent", 1}, {"slow", 2}, {"deaf", 3}, {"half", 4}, {"reset", 5}, {"endless", 6}});
    CHECK(server.counter("accepted") >= healthy + 21);
    CHECK(result.out.find("6 endless") != std::string::npos);
}

TEST_CASE("The same kind of misbehaviour given twice adds up", "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    auto const result = test_beside("silent=1,silent=2", server);
    CHECK(result.report.at("misbehaving") == nlohmann::json{{"silent", misbehaving}});
    CHECK(server.counter("accepted") == healthy + misbehaving);
}
