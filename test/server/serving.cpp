// A server in this process: how it starts, hands over what it receives, and ends.
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/reserved_port.hpp"
#include "support/running_server.hpp"

#include <asio/as_tuple.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger::test {
namespace {

using namespace std::chrono_literals;

/// Messages in the order in which handlers were given them, from any loop.
class Kept {
public:
    Handler handler() {
        return [this](Batch const& batch) -> Task<void> {
            for (std::string_view const message : batch) {
                std::lock_guard const lock(guard_);
                messages_.emplace_back(message);
            }
            co_return;
        };
    }

    [[nodiscard]] std::vector<std::string> messages() const {
        std::lock_guard const lock(guard_);
        return messages_;
    }

private:
    mutable std::mutex guard_;
    std::vector<std::string> messages_;
};

}  // namespace

TEST_CASE("A server tells where it listens, ports filled in", "[server]") {
    TempDir const directory;
    Server const server(at({"127.0.0.1:0", "unix:" + directory / "s"}), take);
    REQUIRE(server.addresses().size() == 2);
    CHECK(server.addresses()[0].port != 0);
    CHECK(to_string(server.addresses()[1]) == "unix:" + directory / "s");
    // Clients can connect before it runs.
    Peer::connect(to_string(server.addresses()[0]));
    Peer::connect(to_string(server.addresses()[1]));
}

TEST_CASE("A server that never ran leaves nothing behind", "[server]") {
    TempDir const directory;
    ReservedPort const port;
    std::string const address = "tcp:127.0.0.1:" + std::to_string(port.number());
    {
        Server const server(at({address, "unix:" + directory / "s"}), take);
        CHECK(std::filesystem::exists(directory / "s"));
    }
    CHECK(std::filesystem::is_empty(directory.path()));
    Server const next(at({address}), take);
    CHECK(to_string(next.addresses()[0]) == address);
}

TEST_CASE("A server that cannot have one of its addresses keeps none", "[server]") {
    TempDir const directory;
    Listener const taken("tcp:127.0.0.1:0");
    CHECK_THROWS_AS(Server(at({"unix:" + directory / "s", taken.address()}), take),
                    std::runtime_error);
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("A server stopped before it runs serves nobody", "[server]") {
    Server server(at({"127.0.0.1:0"}), take);
    server.stop();
    auto const result = server.run();
    CHECK((result.end == ServerResult::End::drained));
    CHECK(result.success());
    CHECK_THROWS_AS(Peer::connect(to_string(server.addresses()[0])), Failure);
}

TEST_CASE("A server ended before it runs serves nobody", "[server]") {
    TempDir const directory;
    Server server(at({"127.0.0.1:0", "unix:" + directory / "s", "udp:127.0.0.1:0",
                      "unixgram:" + directory / "d"}),
                  take);
    server.end_now();
    auto const result = server.run();
    CHECK((result.end == ServerResult::End::ended_now));
    CHECK_FALSE(result.success());
    CHECK(result.failure == "");
    CHECK_FALSE(result.code);
    CHECK_THROWS_AS(Peer::connect(to_string(server.addresses()[0])), Failure);
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("stop() of a server is idempotent", "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{3});
    Kept kept;
    RunningServer running({.threads = threads}, kept.handler());
    Peer peer = Peer::connect(running.address());
    talk(peer, "hello");
    running.server().stop();
    running.server().stop();
    CHECK(peer.receive_all() == shutting_down_line);
    running.server().stop();
    peer.close();
    CHECK(running.result().success());
    running.server().stop();
    CHECK(kept.messages() == std::vector<std::string>{"hello"});
}

TEST_CASE("A handler may stop its server", "[server][concurrency]") {
    Server* to_stop = nullptr;
    std::mutex guard;
    RunningServer running({}, [&](Batch const&) -> Task<void> {
        std::lock_guard const lock(guard);
        to_stop->stop();
        co_return;
    });
    {
        std::lock_guard const lock(guard);
        to_stop = &running.server();
    }
    Peer peer = Peer::connect(running.address());
    peer.send("that is all\n");
    CHECK(peer.receive_all() == ack_line + shutting_down_line);
    peer.close();
    CHECK(running.result().success());
}

TEST_CASE("Servers in one process do not know of each other", "[server][concurrency]") {
    Kept kept_here;
    Kept kept_there;
    RunningServer here({}, kept_here.handler());
    RunningServer there({.ack = "over"}, kept_there.handler());
    CHECK(here.address() != there.address());
    Peer peer_here = Peer::connect(here.address());
    Peer peer_there = Peer::connect(there.address());
    talk(peer_here, "here");
    peer_there.send("there\n");
    CHECK(peer_there.receive_line() == "over");
    here.server().stop();
    CHECK(peer_here.receive_all() == shutting_down_line);
    peer_here.close();
    CHECK(here.result().success());
    peer_there.send("still there\n");
    CHECK(peer_there.receive_line() == "over");
    CHECK(kept_here.messages() == std::vector<std::string>{"here"});
    CHECK(kept_there.messages() == std::vector<std::string>{"there", "still there"});
    CHECK(here.server().counters().messages == 1);
    CHECK(there.server().counters().messages == 2);
}

TEST_CASE("An ack waits for the handler, and other clients do not", "[server][concurrency]") {
    std::atomic<bool> released = false;
    RunningServer running({}, [&released](Batch const& batch) -> Task<void> {
        bool const waits = (*batch.begin()).text == "wait";
        while (waits && !released) {
            co_await pass_time(1ms);
        }
    });
    Peer slow = Peer::connect(running.address());
    slow.send("wait\n");
    eventually("the handler has it", [&] { return running.server().counters().messages == 1; });
    Peer quick = Peer::connect(running.address());
    for (int number = 0; number < 10; ++number) {
        talk(quick, "do not wait");
    }
    CHECK_FALSE(slow.would_receive_within(50ms));
    released = true;
    CHECK(slow.receive_line() == ack);
}

TEST_CASE("A handler is not called for a client before the last call for it has returned",
          "[server][concurrency]") {
    std::atomic<int> calls = 0;
    std::atomic<bool> overlapped = false;
    Kept kept;
    RunningServer running({.threads = 2}, [&](Batch const& batch) -> Task<void> {
        overlapped = overlapped || ++calls > 1;
        co_await pass_time(1ms);
        // The batch is what it was.
        co_await kept.handler()(batch);
        --calls;
    });
    Peer peer = Peer::connect(running.address());
    std::vector<std::string> said;
    for (int number = 0; number < 100; ++number) {
        said.push_back(std::to_string(number));
        peer.send(said.back() + '\n');
    }
    CHECK(peer.receive_exactly(said.size() * ack_line.size()).ends_with(ack_line));
    CHECK(kept.messages() == said);
    CHECK_FALSE(overlapped);
}

TEST_CASE("What a client has sent when the server stops is still handled and acked",
          "[server][concurrency]") {
    std::atomic<bool> released = false;
    Kept kept;
    RunningServer running({}, [&](Batch const& batch) -> Task<void> {
        while (!released) {
            co_await pass_time(1ms);
        }
        co_await kept.handler()(batch);
    });
    Peer peer = Peer::connect(running.address());
    peer.send("hello\n");
    eventually("the handler has it", [&] { return running.server().counters().messages == 1; });
    running.server().stop();
    CHECK_FALSE(peer.would_receive_within(50ms));
    released = true;
    CHECK(peer.receive_all() == ack_line + shutting_down_line);
    peer.close();
    CHECK(running.result().success());
    CHECK(kept.messages() == std::vector<std::string>{"hello"});
}

TEST_CASE("A handler that never returns costs no more than the drain timeout",
          "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    CAPTURE(threads);
    std::atomic<int> told = 0;
    ServerOptions options;
    options.threads = threads;
    options.drain_timeout = 200ms;
    options.on_drain_ending = [&told] { ++told; };
    RunningServer running(std::move(options), never_return);
    std::vector<Peer> peers;
    for (int number = 0; number < 4; ++number) {
        peers.push_back(Peer::connect(running.address()));
        peers.back().send("hello\n");
    }
    eventually("the handler has all", [&] { return running.server().counters().messages == 4; });
    auto const before = Clock::now();
    auto const result = running.stop();
    CHECK(Clock::now() - before >= 200ms);
    CHECK((result.end == ServerResult::End::timed_out));
    CHECK_FALSE(result.success());
    CHECK(result.failure.find("200ms") != std::string::npos);
    CHECK(result.code == Errc::messages_not_written);
    CHECK(running.warnings() == std::vector{result.failure});
    CHECK(told == 1);
    auto const counters = running.server().counters();
    CHECK(counters.displayed == 0);
    CHECK(counters.acknowledged == 0);
}

TEST_CASE("A handler that is told that the drain ends can still refuse", "[server][concurrency]") {
    std::atomic<bool> ending = false;
    ServerOptions options;
    options.drain_timeout = 5s;  // its last tenth is for the refusal
    options.on_drain_ending = [&ending] { ending = true; };
    RunningServer running(std::move(options), [&ending](Batch const&) -> Task<void> {
        while (!ending) {
            co_await pass_time(1ms);
        }
        throw std::runtime_error("it was too late");
    });
    Peer peer = Peer::connect(running.address());
    peer.send("hello\n");
    eventually("the handler has it", [&] { return running.server().counters().messages == 1; });
    running.server().stop();
    CHECK(peer.receive_all() == "error: cannot display\n");
    peer.close();
    auto const result = running.result();
    CHECK((result.end == ServerResult::End::drained));
    CHECK(result.failure == "it was too late");
    CHECK(result.code == Errc::handler_failed);
}

TEST_CASE("A client that has its answers when the drain ends is not said to have left them",
          "[server][concurrency]") {
    asio::steady_timer* waiting = nullptr;
    ServerOptions options;
    options.drain_timeout = 2s;
    options.on_drain_ending = [&waiting] { waiting->cancel(); };
    RunningServer running(std::move(options), [&waiting](Batch const&) -> Task<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        waiting = &timer;
        co_await timer.async_wait(asio::as_tuple);
    });
    Peer peer = Peer::connect(running.address());
    peer.send("hello\n");
    eventually("the handler has it", [&] { return running.server().counters().messages == 1; });
    // It is answered in the last tenth of the time, and the client does not close its side.
    auto const result = running.stop();
    CHECK(peer.receive_all() == ack + "\nerror: shutting down\n");
    CHECK(result.success());
    CHECK(running.warnings() == std::vector<std::string>());
    CHECK(running.logged().back() ==
          "the drain timeout of 2s came: clients that had taken their answers and had not closed "
          "their connections were cut off: 1");
}

TEST_CASE("A server that ends now waits for nobody", "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    CAPTURE(threads);
    TempDir const directory;
    ServerOptions options = at({"127.0.0.1:0", "unix:" + directory / "s"});
    options.threads = threads;
    options.drain_timeout = std::nullopt;
    RunningServer running(std::move(options), never_return);
    Peer idle = Peer::connect(running.address(0));
    Peer begun = Peer::connect(running.address(0));
    Peer handled = Peer::connect(running.address(1));
    begun.send("begun");
    handled.send("hello\n");
    eventually("the handler has it", [&] { return running.server().counters().messages == 1; });
    running.server().end_now();
    auto const result = running.result();
    CHECK((result.end == ServerResult::End::ended_now));
    CHECK(result.failure == "");
    CHECK_FALSE(result.code);
    idle.wait_for_end();
    begun.wait_for_end();
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("Clients are spread over all loops, and a batch says which is its own",
          "[server][concurrency]") {
    constexpr std::size_t threads = 3;
    std::mutex guard;
    std::map<std::size_t, std::size_t> clients_of_loop;
    RunningServer running({.threads = threads}, [&](Batch const& batch) -> Task<void> {
        std::lock_guard const lock(guard);
        ++clients_of_loop[batch.loop()];
        co_return;
    });
    std::vector<Peer> peers;
    for (std::size_t number = 0; number < 4 * threads; ++number) {
        peers.push_back(Peer::connect(running.address()));
        talk(peers.back(), "hello");
    }
    std::lock_guard const lock(guard);
    CHECK(clients_of_loop == std::map<std::size_t, std::size_t>{{0, 4}, {1, 4}, {2, 4}});
}

TEST_CASE("Counters of all loops add up, and may be read at any time", "[server][concurrency]") {
    constexpr std::size_t clients = 20;
    constexpr std::size_t messages = 50;
    RunningServer running({.threads = 2}, take);
    std::vector<Peer> peers;
    peers.reserve(clients);
    for (std::size_t number = 0; number < clients; ++number) {
        peers.push_back(Peer::connect(running.address()));
    }
    for (std::size_t message = 0; message < messages; ++message) {
        for (auto& peer : peers) {
            peer.send("hello\n");
        }
        auto const now = running.server().counters();
        CHECK(now.messages <= (message + 1) * clients);
        CHECK(now.acknowledged <= now.messages);
    }
    for (auto& peer : peers) {
        peer.half_close();
        CHECK(peer.receive_all().size() == messages * ack_line.size());
    }
    CHECK(running.stop().success());
    auto const counters = running.server().counters();
    CHECK(counters.accepted == clients);
    CHECK(counters.clients == 0);
    CHECK(counters.messages == clients * messages);
    CHECK(counters.displayed == clients * messages);
    CHECK(counters.acknowledged == clients * messages);
    CHECK(counters.bytes == clients * messages * std::string_view("hello\n").size());
    CHECK(counters.refused_shutdown == 0);
    CHECK(counters.lost == 0);
}

}  // namespace roger::test
