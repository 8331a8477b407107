// A server that ends at once and is destroyed, whatever its coroutines are waiting for.
#include "net/async_condition.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/embedded.hpp"
#include "server/handlers.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/reserved_port.hpp"
#include "support/running_server.hpp"

#include <asio/deferred.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {
namespace {

/// Looks at what it was given, also when it is destroyed before it has returned.
class Reader {
public:
    Reader(Batch const& batch, std::atomic<std::size_t>& bytes) : batch_(batch), bytes_(bytes) {}
    ~Reader() {
        for (std::string_view const message : batch_) {
            bytes_ += static_cast<std::size_t>(std::ranges::count(message, 'x'));
        }
    }
    Reader(Reader const&) = delete;
    Reader& operator=(Reader const&) = delete;

private:
    Batch const& batch_;
    std::atomic<std::size_t>& bytes_;
};

/// Returns when the first loop has seen all that had happened on its sockets before.
void pass_through(RunningServer& running) {
    for (int times = 0; times < 2; ++times) {
        auto const before = running.server().counters().accepted;
        Peer const peer = Peer::connect(running.address());
        eventually("one more is accepted",
                   [&] { return running.server().counters().accepted > before; });
    }
}

}  // namespace

TEST_CASE("A server can end now while its sockets wait for room", "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    TempDir const directory;
    ServerOptions options = at({"unix:" + directory / "s", "unixgram:" + directory / "d"});
    options.threads = threads;
    RunningServer running(options, never_return);
    auto datagrams = DatagramPeer::to(running.address(1));
    // 4 MiB a loop.
    std::string const message(60'000, 'x');
    std::vector<Peer> peers;
    for (std::size_t i = 0; i != 80 * threads; ++i) {
        peers.push_back(Peer::connect(running.address(0)));
        peers.back().send(message + '\n');
    }
    eventually("there is no room left", [&] {
        return running.server().counters().messages * message.size() >= threads * 4 * 1024 * 1024;
    });
    datagrams.send("is there room?");
    pass_through(running);
    running.server().end_now();
    CHECK((running.result().end == ServerResult::End::ended_now));
    CHECK(running.server().counters().displayed == 0);
}

TEST_CASE("A server can end now while its sockets wait for a place", "[server][concurrency]") {
    TempDir const directory;
    ServerOptions options = at({"unix:" + directory / "s", "unixgram:" + directory / "d"});
    options.limit = 1;
    RunningServer running(options, take);
    Peer holder = Peer::connect(running.address(0));
    auto const talk = [&holder] {
        holder.send("mine\n");
        CHECK(holder.receive_line() == "I got your message");
    };
    talk();
    auto datagrams = DatagramPeer::to(running.address(1));
    datagrams.send("is there a place?");
    Peer const newcomer = Peer::connect(running.address(0));
    // By then the loop has seen what came before.
    talk();
    talk();
    running.server().end_now();
    CHECK((running.result().end == ServerResult::End::ended_now));
    CHECK(running.server().counters().displayed == 3);
}

TEST_CASE("A server that ends now has no address any more, though handlers have not returned",
          "[server][concurrency]") {
    bool const by_unix = GENERATE(false, true);
    TempDir const directory;
    ReservedPort const port;
    AsyncCondition returning;
    bool may_return = false;
    RunningContext context;
    auto const wait = [&](Batch const&) -> Task<void> {
        while (!may_return) {
            co_await returning.wait();
        }
    };
    ServerOptions options = at(
        {by_unix ? "unixgram:" + directory / "d" : fmt::format("udp:127.0.0.1:{}", port.number())});
    Server first(context.context(), options, wait);
    Serving serving(context.context(), first);
    auto peer = DatagramPeer::to(address_of(first));
    peer.send("in hand");
    eventually("the handler has it", [&] { return first.counters().messages == 1; });
    peer.send("in the queue");
    first.end_now();
    CHECK((serving.result().end == ServerResult::End::ended_now));
    options.addresses = first.addresses();
    Server second(context.context(), options, take);
    run_on(context.context(), [&] {
        may_return = true;
        returning.notify_all();
    });
    Serving serving_again(context.context(), second);
    eventually("the handler has returned", [&] { return first.counters().unanswered == 1; });
    CHECK(first.counters().acknowledged == 0);
    peer.send("to the second");
    CHECK(peer.receive() == ack_line);
    CHECK(peer.take_all() == 0);
    second.stop();
    CHECK(serving_again.result().success());
}

TEST_CASE("A server that ends now closes connections that are on their way to a loop",
          "[server][concurrency]") {
    std::promise<void> blocked;
    std::promise<void> go_on;
    ServerOptions options;
    options.threads = 2;
    RunningServer running(options, [&](Batch const& batch) -> Task<void> {
        if ((*batch.begin()).text == "block") {
            blocked.set_value();
            go_on.get_future().wait();
        }
        co_return;
    });
    // Every other connection goes to the second loop, which is then busy.
    auto const connect_to_first_loop = [&running] {
        Peer peer = Peer::connect(running.address());
        peer.send("hello\n");
        CHECK(peer.receive_line() == "I got your message");
        return peer;
    };
    Peer const first = connect_to_first_loop();
    Peer blocking = Peer::connect(running.address());
    blocking.send("block\n");
    blocked.get_future().wait();
    Peer const third = connect_to_first_loop();
    Peer on_its_way = Peer::connect(running.address());
    Peer const accepted_after_it = connect_to_first_loop();
    running.server().end_now();
    go_on.set_value();
    CHECK((running.result().end == ServerResult::End::ended_now));
    on_its_way.wait_for_end();
}

TEST_CASE("A handler that is destroyed before it has returned still has its batch",
          "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    TempDir const directory;
    std::atomic<std::size_t> bytes = 0;
    {
        ServerOptions options = at({"unix:" + directory / "s", "unixgram:" + directory / "d"});
        options.threads = threads;
        RunningServer running(options, [&bytes](Batch const& batch) -> Task<void> {
            Reader const reader(batch, bytes);
            co_await never_return(batch);
        });
        Peer peer = Peer::connect(running.address(0));
        peer.send("xx\n");
        auto datagrams = DatagramPeer::to(running.address(1));
        datagrams.send("xxx");
        eventually("the handler has both",
                   [&] { return running.server().counters().messages == 2; });
        running.server().end_now();
        CHECK((running.result().end == ServerResult::End::ended_now));
    }
    CHECK(bytes == 5);
}

TEST_CASE("A handler that waits elsewhere can be awaited by that after its server is gone",
          "[server][concurrency]") {
    auto const threads = GENERATE(std::size_t{1}, std::size_t{2});
    TempDir const directory;
    asio::io_context elsewhere;
    asio::steady_timer event(elsewhere, std::chrono::hours(24));
    std::atomic<int> waiting = 0;
    {
        ServerOptions options = at({"unix:" + directory / "s", "unixgram:" + directory / "d"});
        options.threads = threads;
        RunningServer running(options, [&](Batch const& batch) -> Task<void> {
            ++waiting;
            co_await event.async_wait(asio::deferred);
            FAIL("it was resumed, with " << std::distance(batch.begin(), batch.end()));
        });
        Peer peer = Peer::connect(running.address(0));
        peer.send("by a stream\n");
        eventually("the handler has it", [&] { return waiting == 1; });
        auto datagrams = DatagramPeer::to(running.address(1));
        datagrams.send("by a datagram");
        eventually("the handler has both", [&] { return waiting == 2; });
        running.server().end_now();
        CHECK((running.result().end == ServerResult::End::ended_now));
    }
    CHECK(event.cancel() == 2);
    elsewhere.run();
}

}  // namespace roger::test
