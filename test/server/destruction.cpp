// Servers on io_contexts of the caller's, and those contexts, destroyed at any moment.
#include "roger/client.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/connected_clients.hpp"
#include "server/embedded.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace roger::test {

using namespace std::chrono_literals;

TEST_CASE("A server that is destroyed while it serves closes its connections, and serve() returns",
          "[server][embedding][concurrency]") {
    bool const on_its_loop = GENERATE(false, true);
    RunningContext running;
    TempDir const directory;
    auto server = std::make_unique<Server>(running.context(), for_connected_clients(directory),
                                           keep_those_that_wait);
    Serving serving(running.context(), *server);
    ConnectedClients clients(*server);
    if (on_its_loop) {
        run_on(running.context(), [&] { server.reset(); });
    } else {
        server.reset();
    }
    clients.wait_for_end();
    clients.waiting().wait_for_end();
    CHECK((serving.result().end == ServerResult::End::ended_now));
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
    CHECK((serving.result().end == ServerResult::End::ended_now));
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
        Server server(context, for_connected_clients(directory), take);
        act(server);
    }
    if (runs_after) {
        context.run();
    }
    CHECK(std::filesystem::is_empty(directory.path()));
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
    CHECK((result.value().end == ServerResult::End::ended_now));
}

TEST_CASE("A context is destroyed with all that a server has waiting in it",
          "[server][embedding][concurrency]") {
    bool const server_first = GENERATE(false, true);
    auto running = std::make_unique<RunningContext>();
    TempDir const directory;
    std::atomic<int> destroyed = 0;
    auto server = std::make_unique<Server>(
        running->context(), for_connected_clients(directory),
        [witness = std::shared_ptr<void>(nullptr, [&](void*) { ++destroyed; })](
            Batch const& batch) { return keep_those_that_wait(batch); });
    Serving serving(running->context(), *server);
    ConnectedClients clients(*server);
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
    clients.wait_for_end();
    clients.waiting().wait_for_end();
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
    std::optional<Server> server(std::in_place, running->context(),
                                 for_connected_clients(directory), keep_those_that_wait);
    Serving serving(running->context(), *server);
    ConnectedClients clients(*server);
    if (!client_first) {
        connect();
    }
    Peer connected = elsewhere.accept();
    CHECK(connected.receive_line() == "never answered");
    running->stop();
    server.reset();
    running.reset();
    clients.wait_for_end();
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
        std::vector{std::ref(first->context()), std::ref(second->context())},
        for_connected_clients(directory), keep_those_that_wait);
    Serving serving(first->context(), *server);
    ConnectedClients clients(*server);
    first->stop();
    second->stop();
    server.reset();
    (first_first ? first : second).reset();
    (first_first ? second : first).reset();
    clients.wait_for_end();
    clients.waiting().wait_for_end();
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
    CHECK((serving.result().end == ServerResult::End::ended_now));
    peer.wait_for_end();
    released = true;
    CHECK(said.get_future().get() == "the batch is still there");
}

}  // namespace roger::test
