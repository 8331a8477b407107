// A server on io_contexts of the caller's: started, stopped and cancelled at any moment.
#include "roger/error.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/connected_clients.hpp"
#include "server/embedded.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"

#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace roger::test {

using namespace std::chrono_literals;

namespace {

/// Clients of a server whose drain waits for a handler, and has no deadline.
struct EndlessDrain {
    [[nodiscard]] ServerOptions options() const {
        ServerOptions without_deadline = for_connected_clients(directory);
        without_deadline.drain_timeout = std::nullopt;
        return without_deadline;
    }

    void cancel() {
        run_on(running.context(), [this] { serving.cancel(asio::cancellation_type::terminal); });
    }

    RunningContext running;
    TempDir directory;
    Server server{running.context(), options(), keep_those_that_wait};
    Serving serving{running.context(), server};
    ConnectedClients clients{server};
};

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
    EndlessDrain drain;
    drain.cancel();
    drain.clients.wait_for_end();
    CHECK_FALSE(drain.serving.returned());
    drain.cancel();
    CHECK((drain.serving.result().end == ServerResult::End::ended_now));
}

TEST_CASE("A serve() that is cancelled once goes on with a drain that is under way",
          "[server][embedding][concurrency]") {
    EndlessDrain drain;
    drain.server.stop();
    drain.clients.wait_for_end();
    drain.cancel();
    run_on(drain.running.context(), [] {});
    CHECK_FALSE(drain.serving.returned());
    drain.cancel();
    CHECK((drain.serving.result().end == ServerResult::End::ended_now));
}

TEST_CASE("A server stopped or ended before it serves serves nobody", "[server][embedding]") {
    bool const at_once = GENERATE(false, true);
    asio::io_context context;
    Server server(context, at({"127.0.0.1:0", "udp:127.0.0.1:0"}), take);
    at_once ? server.end_now() : server.stop();
    Serving serving(context, server);
    context.run();
    auto const result = serving.result();
    CHECK((result.end == (at_once ? ServerResult::End::ended_now : ServerResult::End::drained)));
    CHECK(result.failure == "");
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

TEST_CASE("A server on no context at all is refused", "[server][embedding]") {
    std::vector<std::reference_wrapper<asio::io_context>> const none;
    try {
        Server const server(none, at({"127.0.0.1:0"}), take);
        FAIL_CHECK("it was made");
    } catch (Error const& error) {
        CHECK(error.code() == Errc::invalid_option);
        CHECK(std::string(error.what()).starts_with("contexts: "));
    }
}

TEST_CASE("A failure without a reason is a failure all the same", "[server][concurrency]") {
    RunningContext running;
    std::string logged;
    ServerOptions options = at({"127.0.0.1:0"});
    options.log = [&logged](LogLevel, std::string_view sentence) { logged = sentence; };
    Server server(running.context(), options, take);
    Serving serving(running.context(), server);
    server.fail("");
    auto const result = serving.result();
    CHECK_FALSE(result.success());
    CHECK(result.code == Errc::program_failed);
    CHECK(result.failure == "a failure without a reason");
    CHECK(logged == result.failure);
}

TEST_CASE("A program's own failure ends its server, and is the result's", "[server][concurrency]") {
    RunningContext running;
    Server server(running.context(), at({"127.0.0.1:0"}), take);
    Serving serving(running.context(), server);
    server.fail("the database is gone");
    server.fail("and so is all else");
    auto const result = serving.result();
    CHECK(result.failure == "the database is gone");
    CHECK(result.code == Errc::program_failed);
    CHECK((result.end == ServerResult::End::drained));
}

TEST_CASE("A log may ask for the counters, also when it is told of dropped datagrams",
          "[server][embedding]") {
    asio::io_context context;
    std::unique_ptr<Server> server;
    std::size_t dropped = 0;
    ServerOptions options = at({"udp:127.0.0.1:0"});
    options.log = [&](LogLevel, std::string_view sentence) {
        if (sentence.find("dropped by the system") != sentence.npos) {
            dropped = server->counters().dropped;
        }
    };
    server = std::make_unique<Server>(context, options, take);
    auto peer = DatagramPeer::to(address_of(*server));
    for (int i = 0; i < 20'000; ++i) {
        peer.send(std::string(1'000, 'f'));
    }
    server->stop();
    Serving serving(context, *server);
    context.run();
    CHECK(serving.result().success());
    CHECK(dropped > 0);
}

TEST_CASE("What a function of the options throws is the server's failure",
          "[server][concurrency]") {
    RunningContext running;
    ServerOptions options = at({"127.0.0.1:0"});
    options.on_started = [](auto const&) { throw std::runtime_error("nobody to tell"); };
    Server server(running.context(), options, take);
    Serving serving(running.context(), server);
    auto const result = serving.result();
    CHECK(result.failure == "nobody to tell");
    CHECK(result.code == Errc::server_failed);
}

}  // namespace roger::test
