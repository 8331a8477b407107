// A server on io_contexts of the caller's: started, stopped, cancelled and destroyed at any moment.
#include "roger/client.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/deferred.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace roger::test {
namespace {

using namespace std::chrono_literals;

/// An io_context that a thread of its own runs.
class RunningContext {
public:
    RunningContext() : guard_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    ~RunningContext() { stop(); }
    RunningContext(RunningContext const&) = delete;
    RunningContext& operator=(RunningContext const&) = delete;

    asio::io_context& context() { return context_; }

    /// From here on nothing that waits goes on.
    void stop() {
        context_.stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::thread thread_;
};

/// What serve() returns, when it does.
class Serving {
public:
    Serving(asio::io_context& context, Server& server) : result_(promise_->get_future()) {
        asio::co_spawn(context, server.serve(),
                       asio::bind_cancellation_slot(cancel_.slot(), done()));
    }

    ServerResult result() {
        if (result_.wait_for(default_deadline) != std::future_status::ready) {
            throw Failure("serve() has not returned");
        }
        return result_.get();
    }
    [[nodiscard]] bool returned() const {
        return result_.wait_for(0ms) == std::future_status::ready;
    }

    /// On the context's thread.
    void cancel(asio::cancellation_type type) { cancel_.emit(type); }

private:
    std::function<void(std::exception_ptr, ServerResult)> done() {
        return [promise = promise_](std::exception_ptr const& thrown, ServerResult const& result) {
            thrown ? promise->set_exception(thrown) : promise->set_value(result);
        };
    }

    std::shared_ptr<std::promise<ServerResult>> promise_ =
        std::make_shared<std::promise<ServerResult>>();
    std::future<ServerResult> result_;
    asio::cancellation_signal cancel_;
};

void run_on(asio::io_context& context, std::function<void()> const& action) {
    std::promise<void> done;
    asio::post(context, [&] {
        action();
        done.set_value();
    });
    done.get_future().wait();
}

std::string address_of(Server const& server, std::size_t number = 0) {
    return to_string(server.addresses().at(number));
}

/// Connections and a datagram sender in every state that a coroutine of a server can wait in.
class Crowd {
public:
    /// Of a server with stream and datagram address, a limit of 3, and a handler that keeps `wait`.
    explicit Crowd(Server const& server) {
        idle_.emplace(Peer::connect(address_of(server, 0)));
        talk(*idle_, "hello");
        begun_.emplace(Peer::connect(address_of(server, 0)));
        begun_->send("unfinished");
        waiting_.emplace(Peer::connect(address_of(server, 0)));
        waiting_->send("wait\n");
        eventually("all are there", [&] { return server.counters().messages == 2; });
        newcomer_.emplace(Peer::connect(address_of(server, 0)));
        sender_.emplace(DatagramPeer::to(address_of(server, 1)));
        sender_->send("there is no permit for it");
        talk(*idle_, "by now the loop has seen the others");
    }

    Peer& idle() { return *idle_; }
    Peer& waiting() { return *waiting_; }

    void wait_for_end() {
        idle_->wait_for_end();
        begun_->wait_for_end();
    }

private:
    std::optional<Peer> idle_;
    std::optional<Peer> begun_;
    std::optional<Peer> waiting_;
    std::optional<Peer> newcomer_;
    std::optional<DatagramPeer> sender_;
};

ServerOptions for_crowd(TempDir const& directory) {
    ServerOptions options = at({"unix:" + directory / "s", "unixgram:" + directory / "d"});
    options.limit = 3;
    return options;
}

Task<void> keep_those_that_wait(Batch const& batch) {
    if ((*batch.begin()).text == "wait") {
        co_await pass_time(std::chrono::hours(24));
    }
}

}  // namespace

TEST_CASE("A server serves on the caller's io_context until it is stopped",
          "[server][embedding][concurrency]") {
    RunningContext running;
    Server server(running.context(), at({"127.0.0.1:0"}), take);
    Serving serving(running.context(), server);
    Peer peer = Peer::connect(address_of(server));
    talk(peer, "hello");
    CHECK_FALSE(serving.returned());
    server.stop();
    CHECK(peer.receive_all() == shutting_down_line);
    peer.close();
    CHECK(serving.result().success());
    CHECK_THROWS_AS(Peer::connect(address_of(server)), Failure);
}

TEST_CASE("A server leaves the caller's io_context nothing to do when it has ended",
          "[server][embedding]") {
    asio::io_context context;
    Server server(context, at({"127.0.0.1:0"}), take);
    Serving serving(context, server);
    server.stop();
    context.run();
    CHECK(serving.result().success());
}

TEST_CASE("A server spreads its clients over several contexts of the caller's",
          "[server][embedding][concurrency]") {
    RunningContext first;
    RunningContext second;
    std::mutex guard;
    std::set<std::pair<std::size_t, std::thread::id>> seen;
    Server server({first.context(), second.context()}, at({"127.0.0.1:0"}),
                  [&](Batch const& batch) -> Task<void> {
                      std::lock_guard const lock(guard);
                      seen.emplace(batch.loop(), std::this_thread::get_id());
                      co_return;
                  });
    Serving serving(first.context(), server);
    std::vector<Peer> peers;
    for (int number = 0; number != 6; ++number) {
        peers.push_back(Peer::connect(address_of(server)));
        talk(peers.back(), "hello");
    }
    peers.clear();
    server.stop();
    CHECK(serving.result().success());
    std::lock_guard const lock(guard);
    CHECK(seen.size() == 2);
}

TEST_CASE("serve() can be awaited on another executor than the server's",
          "[server][embedding][concurrency]") {
    RunningContext elsewhere;
    RunningContext running;
    Server server(running.context(), at({"127.0.0.1:0"}), take);
    Serving serving(elsewhere.context(), server);
    Peer peer = Peer::connect(address_of(server));
    talk(peer, "hello");
    peer.close();
    run_on(elsewhere.context(), [&] { serving.cancel(asio::cancellation_type::terminal); });
    CHECK(serving.result().success());
}

TEST_CASE("A cancelled serve() drains", "[server][embedding][concurrency]") {
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total, asio::cancellation_type::all);
    RunningContext running;
    std::atomic<bool> released = false;
    Server server(running.context(), at({"127.0.0.1:0"}), [&](Batch const&) -> Task<void> {
        while (!released) {
            co_await pass_time(1ms);
        }
    });
    Serving serving(running.context(), server);
    Peer peer = Peer::connect(address_of(server));
    peer.send("hello\n");
    eventually("the handler has it", [&] { return server.counters().messages == 1; });
    // co_spawn passes only `terminal` on, unless it is told otherwise: a caller that awaits serve()
    // in a coroutine of its own chooses that there.
    bool const heard = (type & asio::cancellation_type::terminal) != asio::cancellation_type::none;
    run_on(running.context(), [&] { serving.cancel(type); });
    if (!heard) {
        server.stop();
    }
    eventually("nobody is accepted any more", [&] {
        try {
            Peer::connect(address_of(server));
            return false;
        } catch (Failure const&) {
            return true;
        }
    });
    CHECK_FALSE(serving.returned());
    released = true;
    CHECK(peer.receive_all() == ack_line + shutting_down_line);
    peer.close();
    CHECK(serving.result().success());
}

TEST_CASE("A serve() that is cancelled twice ends at once", "[server][embedding][concurrency]") {
    RunningContext running;
    TempDir const directory;
    ServerOptions options = for_crowd(directory);
    options.drain_timeout = std::nullopt;
    Server server(running.context(), options, keep_those_that_wait);
    Serving serving(running.context(), server);
    Crowd crowd(server);
    run_on(running.context(), [&] { serving.cancel(asio::cancellation_type::terminal); });
    crowd.wait_for_end();
    CHECK_FALSE(serving.returned());
    run_on(running.context(), [&] { serving.cancel(asio::cancellation_type::terminal); });
    CHECK((serving.result().end == ServerResult::End::stopped_now));
}

TEST_CASE("A server that is destroyed while it serves closes its connections, and serve() returns",
          "[server][embedding][concurrency]") {
    bool const on_its_loop = GENERATE(false, true);
    RunningContext running;
    TempDir const directory;
    auto server =
        std::make_unique<Server>(running.context(), for_crowd(directory), keep_those_that_wait);
    Serving serving(running.context(), *server);
    Crowd crowd(*server);
    if (on_its_loop) {
        run_on(running.context(), [&] { server.reset(); });
    } else {
        server.reset();
    }
    crowd.wait_for_end();
    crowd.waiting().wait_for_end();
    CHECK((serving.result().end == ServerResult::End::stopped_now));
}

TEST_CASE("A handler may destroy its server", "[server][embedding][concurrency]") {
    RunningContext running;
    std::unique_ptr<Server> server;
    server = std::make_unique<Server>(running.context(), at({"127.0.0.1:0"}),
                                      [&](Batch const&) -> Task<void> {
                                          server.reset();
                                          co_return;
                                      });
    Serving serving(running.context(), *server);
    Peer peer = Peer::connect(address_of(*server));
    peer.send("that is all\n");
    peer.wait_for_end();
    CHECK((serving.result().end == ServerResult::End::stopped_now));
}

TEST_CASE("A server that never served leaves nothing behind, stopped or not",
          "[server][embedding]") {
    asio::io_context context;
    TempDir const directory;
    auto const act = GENERATE(
        as<std::function<void(Server&)>>(), [](Server&) {}, [](Server& server) { server.stop(); },
        [](Server& server) { server.end_now(); });
    bool const runs_after = GENERATE(false, true);
    {
        Server server(context, for_crowd(directory), take);
        act(server);
    }
    if (runs_after) {
        context.run();
    }
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("A server stopped or ended before it serves serves nobody", "[server][embedding]") {
    bool const at_once = GENERATE(false, true);
    asio::io_context context;
    Server server(context, at({"127.0.0.1:0"}), take);
    at_once ? server.end_now() : server.stop();
    Serving serving(context, server);
    context.run();
    CHECK((serving.result().end ==
           (at_once ? ServerResult::End::stopped_now : ServerResult::End::drained)));
}

TEST_CASE("A serve() that nobody awaits may outlive its server", "[server][embedding]") {
    asio::io_context context;
    std::optional<asio::awaitable<ServerResult>> never_begun;
    {
        Server server(context, at({"127.0.0.1:0"}), take);
        never_begun.emplace(server.serve());
    }
    std::optional<ServerResult> result;
    asio::co_spawn(context, std::move(*never_begun),
                   [&](std::exception_ptr const&, ServerResult const& ended) { result = ended; });
    context.run();
    CHECK((result.value().end == ServerResult::End::stopped_now));
}

TEST_CASE("A context is destroyed with all that a server has waiting in it",
          "[server][embedding][concurrency]") {
    bool const server_first = GENERATE(false, true);
    auto running = std::make_unique<RunningContext>();
    TempDir const directory;
    std::atomic<int> destroyed = 0;
    auto server = std::make_unique<Server>(
        running->context(), for_crowd(directory),
        [witness = std::shared_ptr<void>(nullptr, [&](void*) { ++destroyed; })](
            Batch const& batch) { return keep_those_that_wait(batch); });
    Serving serving(running->context(), *server);
    Crowd crowd(*server);
    running->stop();
    if (server_first) {
        server.reset();
        running.reset();
    } else {
        // The coroutine that awaits it is what owns it.
        asio::post(running->context(), [owned = std::move(server)] {});
        running.reset();
    }
    CHECK(destroyed == 1);
    crowd.wait_for_end();
    crowd.waiting().wait_for_end();
}

TEST_CASE("A datagram's handler may return after the server has ended at once",
          "[server][embedding][concurrency]") {
    RunningContext running;
    asio::steady_timer gate(running.context(), asio::steady_timer::time_point::max());
    std::promise<void> entered;
    Server server(running.context(), at({"udp:127.0.0.1:0"}), [&](Batch const&) -> Task<void> {
        entered.set_value();
        asio::error_code ignored;
        co_await gate.async_wait(asio::redirect_error(asio::deferred, ignored));
    });
    Serving serving(running.context(), server);
    DatagramPeer sender = DatagramPeer::to(address_of(server));
    sender.send("held");
    entered.get_future().wait();
    server.end_now();
    CHECK((serving.result().end == ServerResult::End::stopped_now));
    asio::post(running.context(), [&] { gate.cancel(); });
    CHECK(sender.receive() == ack_line);
}

TEST_CASE("A context is destroyed whose server waits for datagrams",
          "[server][embedding][concurrency]") {
    auto running = std::make_unique<RunningContext>();
    std::atomic<int> destroyed = 0;
    auto server = std::make_unique<Server>(running->context(), at({"udp:127.0.0.1:0"}),
                                           [witness = std::shared_ptr<void>(nullptr, [&](void*) {
                                                ++destroyed;
                                            })](Batch const& batch) { return take(batch); });
    Serving serving(running->context(), *server);
    DatagramPeer sender = DatagramPeer::to(to_string(server->addresses().front()));
    sender.send("the last");
    CHECK(sender.receive() == ack_line);
    running->stop();
    server.reset();
    running.reset();
    CHECK(destroyed == 1);
}

TEST_CASE("A context is destroyed with a client and a server in it, whichever came first",
          "[server][client][embedding][concurrency]") {
    bool const client_first = GENERATE(false, true);
    Listener elsewhere("tcp:127.0.0.1:0");
    auto running = std::make_unique<RunningContext>();
    std::optional<Client> client;
    auto const connect = [&] {
        client.emplace(asio::co_spawn(running->context(),
                                      Client::open(parse_address(elsewhere.address()), 10s),
                                      asio::use_future)
                           .get());
        asio::co_spawn(running->context(), client->send("never answered", 10s), asio::detached);
    };
    if (client_first) {
        connect();
    }
    TempDir const directory;
    std::optional<Server> server(std::in_place, running->context(), for_crowd(directory),
                                 keep_those_that_wait);
    Serving serving(running->context(), *server);
    Crowd crowd(*server);
    if (!client_first) {
        connect();
    }
    Peer connected = elsewhere.accept();
    CHECK(connected.receive_line() == "never answered");
    running->stop();
    server.reset();
    running.reset();
    crowd.wait_for_end();
    connected.wait_for_end();
}

TEST_CASE("Several contexts are destroyed with all that a server has waiting in them",
          "[server][client][embedding][concurrency]") {
    bool const first_first = GENERATE(false, true);
    bool const after_a_client = GENERATE(false, true);
    Listener elsewhere("tcp:127.0.0.1:0");
    auto first = std::make_unique<RunningContext>();
    auto second = std::make_unique<RunningContext>();
    std::optional<Client> client;
    if (after_a_client) {
        client.emplace(asio::co_spawn(second->context(),
                                      Client::open(parse_address(elsewhere.address()), 10s),
                                      asio::use_future)
                           .get());
    }
    TempDir const directory;
    auto server = std::make_unique<Server>(
        std::vector{std::ref(first->context()), std::ref(second->context())}, for_crowd(directory),
        keep_those_that_wait);
    Serving serving(first->context(), *server);
    Crowd crowd(*server);
    first->stop();
    second->stop();
    server.reset();
    (first_first ? first : second).reset();
    (first_first ? second : first).reset();
    crowd.wait_for_end();
    crowd.waiting().wait_for_end();
}

TEST_CASE(
    "A connection on its way to a loop that never runs keeps the server that its permit is of",
    "[server][embedding][concurrency]") {
    auto first = std::make_unique<RunningContext>();
    auto second = std::make_unique<asio::io_context>();
    std::atomic<int> destroyed = 0;
    auto server = std::make_unique<Server>(
        std::vector{std::ref(first->context()), std::ref(*second)}, at({"127.0.0.1:0"}),
        [witness = std::shared_ptr<void>(nullptr, [&](void*) { ++destroyed; })](
            Batch const& batch) { return take(batch); });
    Serving serving(first->context(), *server);
    Peer served = Peer::connect(address_of(*server));
    talk(served, "hello");
    Peer on_its_way = Peer::connect(address_of(*server));
    Peer after_it = Peer::connect(address_of(*server));
    talk(after_it, "by now the first loop has seen the other");
    server.reset();
    first.reset();
    CHECK(destroyed == 0);
    second.reset();
    CHECK(destroyed == 1);
    on_its_way.wait_for_end();
}

TEST_CASE("A coroutine may own the server that it awaits, and be destroyed with its context",
          "[server][embedding][concurrency]") {
    auto running = std::make_unique<RunningContext>();
    std::promise<std::string> address;
    asio::co_spawn(
        running->context(),
        [&]() -> asio::awaitable<void> {
            Server server(running->context(), at({"127.0.0.1:0"}), take);
            address.set_value(address_of(server));
            co_await server.serve();
        },
        [](std::exception_ptr const&) {});
    Peer peer = Peer::connect(address.get_future().get());
    talk(peer, "hello");
    running.reset();
    peer.wait_for_end();
}

TEST_CASE("A server is followed by another on the same context and address",
          "[server][embedding][concurrency]") {
    RunningContext running;
    std::string address = "127.0.0.1:0";
    for (int number = 0; number != 3; ++number) {
        Server server(running.context(), at({address}), take);
        address = address_of(server);
        Serving serving(running.context(), server);
        Peer peer = Peer::connect(address);
        talk(peer, "hello");
        server.stop();
        CHECK(peer.receive_all() == shutting_down_line);
        peer.close();
        CHECK(serving.result().success());
    }
}

TEST_CASE("A handler that waits on the caller's context goes on when its server is gone",
          "[server][embedding][concurrency]") {
    RunningContext running;
    std::atomic<bool> released = false;
    std::promise<std::string> said;
    auto server = std::make_unique<Server>(running.context(), at({"127.0.0.1:0"}),
                                           [&](Batch const& batch) -> Task<void> {
                                               while (!released) {
                                                   co_await pass_time(1ms);
                                               }
                                               said.set_value(std::string((*batch.begin()).text));
                                           });
    Serving serving(running.context(), *server);
    Peer peer = Peer::connect(address_of(*server));
    peer.send("the batch is still there\n");
    eventually("the handler has it", [&] { return server->counters().messages == 1; });
    server.reset();
    CHECK((serving.result().end == ServerResult::End::stopped_now));
    peer.wait_for_end();
    released = true;
    CHECK(said.get_future().get() == "the batch is still there");
}

TEST_CASE("A client is forgotten whose connection a child of the process still has",
          "[server][embedding]") {
    RunningContext running;
    ServerOptions options = at({"127.0.0.1:0"});
    options.idle_timeout = options.write_timeout = 50ms;
    Server server(running.context(), options, take);
    Peer peer = Peer::connect(address_of(server));
    peer.send("begun");
    Serving serving(running.context(), server);
    eventually("it has been received", [&] { return server.counters().bytes != 0; });
    pid_t const child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::pause();
    }
    CHECK(peer.receive_line() == "error: idle for 50ms");
    eventually("it has gone", [&] { return server.counters().clients == 0; });
    peer.send("to nobody\n");
    std::optional<Peer> other;
    run_on(running.context(), [&] {  // so that the loop finds it and what it says at once
        other.emplace(Peer::connect(address_of(server)));
        other->send("by now the loop has seen that\n");
    });
    CHECK(other->receive_line() == ack);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    server.stop();
    CHECK(serving.result().success());
}

TEST_CASE("A server serves once, and in its own way", "[server][embedding]") {
    asio::io_context context;
    Server embedded(context, at({"127.0.0.1:0"}), take);
    CHECK_THROWS_AS(embedded.run(), std::logic_error);
    auto const serving = embedded.serve();
    CHECK_THROWS_AS(embedded.serve(), std::logic_error);

    Server own(at({"127.0.0.1:0"}), take);
    CHECK_THROWS_AS(own.serve(), std::logic_error);
    own.stop();
    CHECK(own.run().success());
    CHECK_THROWS_AS(own.run(), std::logic_error);
}

TEST_CASE("A program's own failure ends its server, and is the result's", "[server][concurrency]") {
    RunningContext running;
    Server server(running.context(), at({"127.0.0.1:0"}), take);
    Serving serving(running.context(), server);
    server.fail("the database is gone");
    server.fail("and so is all else");
    auto const result = serving.result();
    CHECK(result.failure == "the database is gone");
    CHECK((result.end == ServerResult::End::drained));
}

TEST_CASE("What a function of the options throws is the server's failure",
          "[server][concurrency]") {
    RunningContext running;
    ServerOptions options = at({"127.0.0.1:0"});
    options.on_started = [](auto const&) { throw std::runtime_error("nobody to tell"); };
    Server server(running.context(), options, take);
    Serving serving(running.context(), server);
    CHECK(serving.result().failure == "nobody to tell");
}

}  // namespace roger::test
