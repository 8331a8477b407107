// Servers with event loops of their own, destroyed while they serve.
#include "net/descriptor.hpp"
#include "net/last_error.hpp"
#include "roger/error.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/peer.hpp"
#include "support/running_server.hpp"

#include <asio/bind_executor.hpp>
#include <asio/deferred.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace roger::test {
namespace {

/// What a child process writes to its standard error until it ends, and how it ends.
struct Ended {
    std::string said;
    int signal;
};

template <typename Action>
Ended in_a_child(Action const& action) {
    std::array<int, 2> ends = {};
    checked(::pipe2(ends.data(), 0), "pipe2");
    Descriptor const reading(ends[0]);
    Descriptor writing(ends[1]);
    pid_t const child = checked(::fork(), "fork");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::prctl(PR_SET_DUMPABLE, 0);
        std::signal(SIGABRT, SIG_DFL);
        ::dup2(writing.get(), STDERR_FILENO);
        action();
        ::_exit(0);
    }
    writing.close();
    Ended ended = {};
    std::array<char, 1024> bytes = {};
    for (ssize_t got = 0; (got = ::read(reading.get(), bytes.data(), bytes.size())) > 0;) {
        ended.said.append(bytes.data(), static_cast<std::size_t>(got));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return ended;
}

}  // namespace

TEST_CASE("A server that another thread runs may be destroyed, and run() has returned then",
          "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    RunningServer running({.threads = threads}, take);
    std::vector<Peer> peers;
    for (int number = 0; number != 4; ++number) {
        peers.push_back(Peer::connect(running.address()));
        talk(peers.back(), "hello");
    }
    running.destroy();
    CHECK((running.result().end == ServerResult::End::ended_now));
    for (Peer& peer : peers) {
        peer.wait_for_end();
    }
}

TEST_CASE("A server that drains on another thread may be destroyed", "[server][concurrency]") {
    std::promise<void> entered;
    RunningServer running({.drain_timeout = std::nullopt}, [&](Batch const&) -> Task<void> {
        entered.set_value();
        for (;;) {
            co_await pass_time(std::chrono::milliseconds(1));
        }
    });
    Peer peer = Peer::connect(running.address());
    peer.send("held\n");
    entered.get_future().wait();
    running.server().stop();
    running.destroy();
    CHECK((running.result().end == ServerResult::End::ended_now));
    peer.wait_for_end();
}

TEST_CASE("A server may be destroyed when the threads are joined that its handlers are on",
          "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    for (int round = 0; round != 20; ++round) {
        std::atomic<int> entered = 0;
        std::atomic<bool> released = false;
        asio::thread_pool pool(4);
        RunningServer running({.threads = threads}, [&](Batch const&) -> Task<void> {
            co_await asio::post(asio::bind_executor(pool, asio::deferred));
            ++entered;
            while (!released) {
                std::this_thread::yield();
            }
        });
        std::vector<Peer> peers;
        for (int number = 0; number != 4; ++number) {
            peers.push_back(Peer::connect(running.address()));
            peers.back().send("held\n");
        }
        eventually("all are on their threads", [&] { return entered == 4; });
        running.server().end_now();
        CHECK((running.result().end == ServerResult::End::ended_now));
        released = true;
        pool.join();
        running.destroy();
    }
}

TEST_CASE("A server that one of its own loops destroys ends the program, and says why",
          "[server]") {
    Ended const ended = in_a_child([] {
        std::unique_ptr<Server> server;
        ServerOptions options = at({"127.0.0.1:0"});
        options.on_started = [&](auto const&) { server.reset(); };
        server = std::make_unique<Server>(options, take);
        server->run();
    });
    CHECK(ended.signal == SIGABRT);
    CHECK(ended.said.find("is being destroyed by one of them") != std::string::npos);
}

TEST_CASE("What a program's own work throws when its server has drained is a failure all the same",
          "[server][concurrency]") {
    std::atomic<Server*> serving = nullptr;
    std::function<void()> work;
    int left = 1000;  // turns of the loop: many more than a drain takes
    RunningServer running(at({"udp:127.0.0.1:0"}), [&](Batch const&) -> Task<void> {
        serving.load()->stop();
        work = [&work, &left, loop = co_await asio::this_coro::executor] {
            if (--left == 0) {
                throw std::runtime_error("no luck");
            }
            asio::post(loop, work);
        };
        work();
    });
    serving = &running.server();
    DatagramPeer::to(running.address()).send("hello");
    auto const result = running.result();
    CHECK((result.end == ServerResult::End::drained));
    CHECK(result.code == Errc::server_failed);
    CHECK(result.failure == "no luck");
}

TEST_CASE("What a program's own work throws while its server ends does not end the program",
          "[server][concurrency]") {
    std::function<void()> work;
    RunningServer running({.threads = 2}, [&work](Batch const&) -> Task<void> {
        auto const loop = co_await asio::this_coro::executor;
        work = [&work, loop] {
            asio::post(loop, work);
            throw std::runtime_error("no luck");
        };
        asio::post(loop, work);
    });
    // Of two clients, each loop has one.
    bool const by_second_loop = GENERATE(false, true);
    std::vector<Peer> peers;
    peers.push_back(Peer::connect(running.address()));
    peers.push_back(Peer::connect(running.address()));
    peers[by_second_loop ? 1 : 0].send("hello\n");
    auto const result = running.result();
    CHECK(result.code == Errc::server_failed);
    CHECK(result.failure == "no luck");
}

}  // namespace roger::test
