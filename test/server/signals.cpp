// What a program does at a signal, and what it fails to do.
#include "roger/signals.hpp"

#include "net/signal_mask.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/handlers.hpp"
#include "support/deadline.hpp"
#include "support/peer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <csignal>
#include <future>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace roger::test {

using namespace std::chrono_literals;

TEST_CASE("Signal hooks that throw fail the server, and keep no later signal from ending it",
          "[server][concurrency]") {
    ServerOptions options = at({"127.0.0.1:0"});
    options.drain_timeout = {};
    Server server(options, [](Batch const&) -> Task<void> { co_await pass_time(1h); });
    Signals const signals(server,
                          {.on_user_signal = [] { throw std::runtime_error("no paper"); },
                           .on_second_stop = [] { throw std::runtime_error("nor any ink"); }});
    auto result = std::async(std::launch::async, [&] { return server.run(); });
    Peer peer = Peer::connect(to_string(server.addresses().at(0)));
    peer.send("never handled\n");
    eventually("it is in the handler", [&] { return server.counters().messages == 1; });
    ::kill(::getpid(), SIGUSR1);
    // What comes within half a second of the first is the same signal.
    eventually("the end", [&] {
        ::kill(::getpid(), SIGTERM);
        return result.wait_for(0s) == std::future_status::ready;
    });
    ServerResult const ended = result.get();
    CHECK((ended.end == ServerResult::End::ended_now));
    CHECK(ended.failure == "no paper");
}

TEST_CASE("Several servers are drained by one signal, each by Signals of its own",
          "[server][concurrency]") {
    SignalsBlocked const here;
    Server one(at({"127.0.0.1:0"}), take);
    Server other(at({"127.0.0.1:0"}), take);
    Signals const signals_of_one(one);
    {
        Server gone(at({"127.0.0.1:0"}), take);
        Signals const signals_of_gone(gone);
    }
    Signals const signals_of_other(other);
    auto result = std::async(std::launch::async, [&] { return one.run(); });
    auto other_result = std::async(std::launch::async, [&] { return other.run(); });
    ::kill(::getpid(), SIGTERM);
    CHECK(result.wait_for(default_deadline) == std::future_status::ready);
    CHECK(other_result.wait_for(default_deadline) == std::future_status::ready);
    one.stop();
    other.stop();
    CHECK((result.get().end == ServerResult::End::drained));
    CHECK((other_result.get().end == ServerResult::End::drained));
}

TEST_CASE("Signals are heard although every other thread leaves them to others",
          "[server][concurrency]") {
    SignalsBlocked const here;
    Server server(at({"127.0.0.1:0"}), take);
    Signals const signals(server);
    auto result = std::async(std::launch::async, [&] { return server.run(); });
    ::kill(::getpid(), SIGTERM);
    CHECK(result.wait_for(default_deadline) == std::future_status::ready);
    server.stop();
    CHECK((result.get().end == ServerResult::End::drained));
}

}  // namespace roger::test
