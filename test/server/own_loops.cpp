// Servers with event loops of their own, destroyed while they serve.
#include "net/descriptor.hpp"
#include "net/last_error.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/embedded.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/peer.hpp"

#include <asio/bind_executor.hpp>
#include <asio/deferred.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace roger::test {
namespace {

/// A server that a thread runs, and may be destroyed meanwhile.
class RunElsewhere {
public:
    RunElsewhere(ServerOptions options, Handler handler) {
        std::promise<void> serves;
        options.on_started = [&serves](auto const&) { serves.set_value(); };
        server_ = std::make_unique<Server>(std::move(options), std::move(handler));
        thread_ = std::thread([this, server = server_.get()] { result_ = server->run(); });
        serves.get_future().wait();
    }
    ~RunElsewhere() {
        server_.reset();
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    RunElsewhere(RunElsewhere const&) = delete;
    RunElsewhere& operator=(RunElsewhere const&) = delete;

    Server& server() { return *server_; }
    void destroy() { server_.reset(); }
    /// When run() has returned.
    ServerResult result() {
        thread_.join();
        return result_;
    }

private:
    std::unique_ptr<Server> server_;
    ServerResult result_;
    std::thread thread_;
};

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
    ServerOptions options = at({"127.0.0.1:0"});
    options.threads = threads;
    RunElsewhere elsewhere(options, take);
    std::vector<Peer> peers;
    for (int number = 0; number != 4; ++number) {
        peers.push_back(Peer::connect(address_of(elsewhere.server())));
        talk(peers.back(), "hello");
    }
    elsewhere.destroy();
    CHECK((elsewhere.result().end == ServerResult::End::ended_now));
    for (Peer& peer : peers) {
        peer.wait_for_end();
    }
}

TEST_CASE("A server that drains on another thread may be destroyed", "[server][concurrency]") {
    ServerOptions options = at({"127.0.0.1:0"});
    options.drain_timeout = std::nullopt;
    std::promise<void> entered;
    RunElsewhere elsewhere(options, [&](Batch const&) -> Task<void> {
        entered.set_value();
        for (;;) {
            co_await pass_time(std::chrono::milliseconds(1));
        }
    });
    Peer peer = Peer::connect(address_of(elsewhere.server()));
    peer.send("held\n");
    entered.get_future().wait();
    elsewhere.server().stop();
    elsewhere.destroy();
    CHECK((elsewhere.result().end == ServerResult::End::ended_now));
    peer.wait_for_end();
}

TEST_CASE("A server may be destroyed when the threads are joined that its handlers are on",
          "[server]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    for (int round = 0; round != 20; ++round) {
        std::atomic<int> entered = 0;
        std::atomic<bool> released = false;
        asio::thread_pool pool(4);
        ServerOptions options = at({"127.0.0.1:0"});
        options.threads = threads;
        RunElsewhere elsewhere(options, [&](Batch const&) -> Task<void> {
            co_await asio::post(asio::bind_executor(pool, asio::deferred));
            ++entered;
            while (!released) {
                std::this_thread::yield();
            }
        });
        std::vector<Peer> peers;
        for (int number = 0; number != 4; ++number) {
            peers.push_back(Peer::connect(address_of(elsewhere.server())));
            peers.back().send("held\n");
        }
        eventually("all are on their threads", [&] { return entered == 4; });
        elsewhere.server().end_now();
        CHECK((elsewhere.result().end == ServerResult::End::ended_now));
        released = true;
        pool.join();
        elsewhere.destroy();
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

}  // namespace roger::test
