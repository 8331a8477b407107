// Nothing silent: a handler that throws is told of everywhere, and to the right clients.
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/running_server.hpp"

#include <asio/as_tuple.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {
namespace {

using namespace std::chrono_literals;

using Throw = std::function<void()>;

/// Takes every batch, but for one with a message `bad`: there it throws, at once or after a while.
Handler throwing(Throw const& act, bool after_a_while) {
    return [act, after_a_while](Batch const& batch) -> Task<void> {
        for (std::string_view const message : batch) {
            if (message != "bad") {
                continue;
            }
            if (after_a_while) {
                co_await pass_time(1ms);
            }
            act();
        }
    };
}

struct Failing {
    std::string name;
    Throw act;
    std::string sentence;
};

std::vector<Failing> failings() {
    return {
        {"std::runtime_error", [] { throw std::runtime_error("the ink is dry"); },
         "the ink is dry"},
        {"no std::exception", [] { throw 42; }, "an exception that is no std::exception"},
        {"HandlerError", [] { throw HandlerError("the paper is out", 0); }, "the paper is out"},
    };
}

}  // namespace

TEST_CASE("What a handler throws reaches the log, the result and the client",
          "[server][concurrency]") {
    auto const after_a_while = GENERATE(false, true);
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    for (auto const& failing : failings()) {
        CAPTURE(failing.name, after_a_while, threads);
        RunningServer running({.threads = threads}, throwing(failing.act, after_a_while));
        Peer other = Peer::connect(running.address());
        other.send("good\n");
        CHECK(other.receive_line() == ack);
        Peer peer = Peer::connect(running.address());
        peer.send("good\n");
        CHECK(peer.receive_line() == ack);
        peer.send("bad\nand this\n");
        CHECK(peer.receive_all() == cannot_display_line + cannot_display_line);
        CHECK(other.receive_all() == shutting_down_line);
        peer.close();
        other.close();
        auto const result = running.result();
        CHECK(result.failure == failing.sentence);
        CHECK(result.code == Errc::handler_failed);
        CHECK_FALSE(result.success());
        CHECK((result.end == ServerResult::End::drained));
        CHECK(running.warnings() == std::vector{failing.sentence});
        auto const counters = running.server().counters();
        CHECK(counters.messages == 4);
        CHECK(counters.displayed == 2);
        CHECK(counters.acknowledged == 2);
        CHECK(counters.handler_failed == 2);
        CHECK(counters.refused_shutdown == 1);
        CHECK(counters.clients == 0);
    }
}

TEST_CASE("A handler need not be a coroutine to throw", "[server][concurrency]") {
    RunningServer running(
        {}, [](Batch const&) -> Task<void> { throw std::runtime_error("not even begun"); });
    Peer peer = Peer::connect(running.address());
    peer.send("one\n");
    CHECK(peer.receive_all() == cannot_display_line);
    peer.close();
    CHECK(running.result().failure == "not even begun");
}

TEST_CASE("An exception without a text is a failure too", "[server][concurrency]") {
    auto const handler_error = GENERATE(false, true);
    CAPTURE(handler_error);
    RunningServer running({}, throwing(
                                  [handler_error] {
                                      if (handler_error) {
                                          throw HandlerError("", 0);
                                      }
                                      throw std::runtime_error("");
                                  },
                                  false));
    Peer peer = Peer::connect(running.address());
    peer.send("bad\n");
    CHECK(peer.receive_all() == cannot_display_line);
    peer.close();
    auto const result = running.result();
    CHECK(result.failure != "");
    CHECK_FALSE(result.success());
    CHECK(running.warnings() == std::vector{result.failure});
}

TEST_CASE("A handler that tells how far it came has so much acknowledged",
          "[server][concurrency]") {
    for (std::size_t displayed = 0; displayed <= 4; ++displayed) {
        CAPTURE(displayed);
        TempDir const directory;
        // One write to a Unix socket is one read, and so one batch.
        RunningServer running(
            {.addresses = {parse_address("unix:" + directory / "s")}},
            throwing([displayed] { throw HandlerError("the ink is dry", displayed); }, false));
        Peer peer = Peer::connect(running.address());
        peer.send("one\ntwo\nbad\n");
        // More than there are is all of them.
        std::size_t const acked = std::min<std::size_t>(displayed, 3);
        std::string expected;
        for (std::size_t number = 0; number < 3; ++number) {
            expected += number < acked ? ack_line : cannot_display_line;
        }
        CHECK(peer.receive_all() == expected);
        peer.close();
        auto const result = running.result();
        CHECK(result.failure == "the ink is dry");
        auto const counters = running.server().counters();
        CHECK(counters.messages == 3);
        CHECK(counters.displayed == acked);
        CHECK(counters.acknowledged == acked);
        CHECK(counters.handler_failed == 3 - acked);
    }
}

TEST_CASE("A message too long keeps its place between those not shown", "[server][concurrency]") {
    TempDir const directory;
    RunningServer running(
        {.addresses = {parse_address("unix:" + directory / "s")}, .max_message = 16},
        throwing([] { throw HandlerError("the ink is dry", 1); }, false));
    Peer peer = Peer::connect(running.address());
    peer.send("one\n" + std::string(17, 'x') + "\nbad\n" + std::string(17, 'x') + "\nlast\n");
    std::string const too_long = "error: message longer than 16 bytes\n";
    CHECK(peer.receive_all() ==
          ack_line + too_long + cannot_display_line + too_long + cannot_display_line);
    peer.close();
    running.result();
    auto const counters = running.server().counters();
    CHECK(counters.messages == 5);
    CHECK(counters.displayed == 1);
    CHECK(counters.refused_too_long == 2);
    CHECK(counters.handler_failed == 2);
}

TEST_CASE("The first failure is the result's, and what follows from it is not logged",
          "[server][concurrency]") {
    std::atomic<int> failures = 0;
    RunningServer running({.threads = 2}, [&failures](Batch const&) -> Task<void> {
        co_await pass_time(1ms);
        throw std::runtime_error("failure " + std::to_string(++failures));
    });
    std::vector<Peer> peers;
    peers.reserve(10);
    for (int number = 0; number < 10; ++number) {
        peers.push_back(Peer::connect(running.address()));
    }
    for (auto& peer : peers) {
        peer.send("x\n");
    }
    for (auto& peer : peers) {
        auto const answers = peer.receive_all();
        CHECK((answers == cannot_display_line || answers == shutting_down_line));
        peer.close();
    }
    auto const result = running.result();
    CHECK(result.failure.starts_with("failure "));
    CHECK(running.warnings() == std::vector{result.failure});
    CHECK(running.server().counters().handler_failed == static_cast<std::uint64_t>(failures));
}

TEST_CASE("A server whose handler throws ends although its log throws too",
          "[server][concurrency]") {
    ServerOptions options = at({"127.0.0.1:0"});
    options.log = [](LogLevel level, std::string_view) {
        if (level == LogLevel::error) {
            throw std::runtime_error("there is no paper either");
        }
    };
    Server server(options, throwing([] { throw std::runtime_error("the ink is dry"); }, false));
    auto result = std::async(std::launch::async, [&] { return server.run(); });
    Peer peer = Peer::connect(to_string(server.addresses().at(0)));
    Peer other = Peer::connect(to_string(server.addresses().at(0)));
    talk(other, "good");
    peer.send("bad\n");
    CHECK(peer.receive_all() == "error: cannot display\n");
    CHECK(other.receive_all() == "error: shutting down\n");
    peer.close();
    other.close();
    CHECK(result.get().failure == "the ink is dry");
}

TEST_CASE("A drain ends in time although on_drain_ending throws", "[server][concurrency]") {
    RunningServer running(
        {.drain_timeout = 200ms,
         .on_drain_ending = [] { throw std::runtime_error("nobody to give up"); }},
        [](Batch const&) -> Task<void> { co_await pass_time(std::chrono::hours(1)); });
    Peer peer = Peer::connect(running.address());
    peer.send("never handled\n");
    eventually("it is in the handler", [&] { return running.server().counters().messages == 1; });
    auto const result = running.stop();
    CHECK((result.end == ServerResult::End::timed_out));
    CHECK(result.failure == "nobody to give up");
}

TEST_CASE("A drain ends in time although the log throws", "[server][concurrency]") {
    asio::steady_timer* waiting = nullptr;
    ServerOptions options = at({"127.0.0.1:0"});
    options.drain_timeout = 2s;
    options.on_drain_ending = [&waiting] { waiting->cancel(); };
    options.log = [](LogLevel, std::string_view line) {
        if (line.starts_with("the drain timeout")) {
            throw std::runtime_error("there is no paper");
        }
    };
    Server server(options, [&waiting](Batch const&) -> Task<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        waiting = &timer;
        co_await timer.async_wait(asio::as_tuple);
    });
    auto result = std::async(std::launch::async, [&] { return server.run(); });
    Peer peer = Peer::connect(to_string(server.addresses().at(0)));
    peer.send("hello\n");
    eventually("the handler has it", [&] { return server.counters().messages == 1; });
    // Who has its answer and does not close its side is told of when the drain ends.
    server.stop();
    REQUIRE(result.wait_for(default_deadline) == std::future_status::ready);
    CHECK(result.get().failure == "there is no paper");
}

}  // namespace roger::test
