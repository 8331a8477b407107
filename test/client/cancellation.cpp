// What the caller cancels is told as that, and a timeout as a timeout.
#include "client/sends.hpp"
#include "net/connect.hpp"
#include "net/resolve.hpp"
#include "net/stage.hpp"
#include "roger/client.hpp"
#include "roger/datagram_client.hpp"
#include "support/datagram_peer.hpp"
#include "support/peer.hpp"

#include <asio/awaitable.hpp>
#include <asio/cancel_after.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/system_error.hpp>
#include <asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <utility>

#include <unistd.h>

using namespace std::chrono_literals;

namespace roger {

namespace {

using test::LineReader;
using test::patient;
using test::Sends;
using test::Socket;
using test::Stage;
using test::tell;

constexpr std::chrono::nanoseconds a_moment = 20ms;

/// What `work` throws when it is cancelled after some time.
template <typename Result>
asio::awaitable<std::string> told_when_cancelled(asio::awaitable<Result> work,
                                                 std::chrono::nanoseconds after = a_moment) {
    auto const executor = co_await asio::this_coro::executor;
    try {
        co_await asio::co_spawn(executor, std::move(work), asio::cancel_after(after));
    } catch (asio::system_error const& error) {
        co_return error.code() == asio::error::operation_aborted ? "cancelled" : error.what();
    } catch (std::exception const& error) {
        co_return error.what();
    }
    co_return "nothing";
}

asio::awaitable<void> connected(Address address, Resolver resolver) {
    co_await connect(std::move(address), patient, std::move(resolver));
}

template <typename Work>
std::string outcome_of(Work const& work, std::chrono::nanoseconds after = a_moment) {
    Stage stage;
    std::string told;
    auto const client = [&]() -> asio::awaitable<void> {
        told = co_await told_when_cancelled(work(), after);
    };
    stage.play_all({client});
    return told;
}

std::string own_name(char const* what) {
    return std::string("@roger-") + what + '-' + std::to_string(getpid());
}

}  // namespace

TEST_CASE("A cancelled open is told as cancelled, wherever it waits", "[client]") {
    // A Unix socket whose queue is full is tried again and again, TCP's is waited for.
    for (std::string const& address :
         {"unix:" + own_name("full"), std::string("tcp:127.0.0.1:0")}) {
        test::Listener const full(address, 0);
        test::Peer const waiting = test::Peer::connect(full.address());
        Address const where = parse_address(full.address());
        CHECK(outcome_of([&] { return Client::open(where, patient); }) == "cancelled");
    }
}

TEST_CASE("A cancelled connect to a name is told as cancelled, not as its resolver's lateness",
          "[client][concurrency]") {
    std::promise<void> open;
    Resolver const stalled = [gate = open.get_future().share()](std::string const&, std::uint16_t) {
        gate.wait();
        return LookUp{};
    };
    Address const name = parse_address("roger.example:51717");
    CHECK(outcome_of([&] { return connected(name, stalled); }) == "cancelled");
    CHECK(outcome_of([&] { return resolve(name, moment_after(patient), stalled); }) == "cancelled");
    open.set_value();
}

TEST_CASE("A cancelled send is told as cancelled, and the connection goes on", "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        std::string const first = co_await lines.next();
        CHECK(first == "a");
        std::string const second = co_await lines.next();
        CHECK(second == "b");
        co_await tell(socket, "1\n2\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        Client client = co_await Client::open(stage.address(), patient);
        std::string const told = co_await told_when_cancelled(client.send("a", patient));
        CHECK(told == "cancelled");
        Answer const answer = co_await client.send("b", patient);
        CHECK(answer.text == "2");
    };
    stage.play(server, talk);
}

TEST_CASE("A caller that does not want exceptions of cancellation from Asio gets it from a send",
          "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        co_await lines.rest();
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        auto const send = [&client]() -> asio::awaitable<void> {
            co_await asio::this_coro::throw_if_cancelled(false);
            co_await client.send("a", patient);
        };
        std::string const told = co_await told_when_cancelled(send());
        CHECK(told == "cancelled");
    };
    stage.play(server, talk);
}

TEST_CASE("The loser of a race is a cancelled send", "[client]") {
    using namespace asio::experimental::awaitable_operators;
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        std::string const all = co_await lines.rest();
        CHECK(all == "slow\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        auto const winner = []() -> asio::awaitable<void> { co_await test::many_rounds(); };
        auto const result = co_await (client.send("slow", patient) || winner());
        CHECK(result.index() == 1);
        CHECK(client.unacknowledged().empty());
    };
    stage.play(server, talk);
}

TEST_CASE("Of several sends one is cancelled, and the others get their own answers", "[client]") {
    Stage stage(test::free_unix_address());
    bool cancelled = false;
    auto const server = [&cancelled](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        std::string const window = co_await lines.more();
        CHECK(window == "a\nb\nc\n");
        auto const is_cancelled = [&cancelled] { return cancelled; };
        co_await test::until(is_cancelled);
        co_await tell(socket, "1\n2\n3\n");
        std::string const all = co_await lines.more();
        CHECK(all == "a\nb\nc\ne\n");
        co_await tell(socket, "5\n");
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        ClientOptions options;
        options.window = 3;
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b", "c", "d", "e"});
        co_await test::many_rounds();
        sends.cancel(1);
        sends.cancel(3);
        co_await test::many_rounds();
        cancelled = true;
        co_await sends.all_done();
        CHECK(sends[0].text == "1");
        CHECK(sends[1].text == "cancelled");
        CHECK(sends[2].text == "3");
        CHECK(sends[3].text == "cancelled");
        CHECK(sends[4].text == "5");
    };
    stage.play(server, talk);
}

TEST_CASE("A message that is cancelled while it is being sent is sent to its end", "[client]") {
    Stage stage;
    std::string const message(16 << 20, 'x');
    bool cancelled = false;
    auto const server = [&](Socket& socket) -> asio::awaitable<void> {
        auto const is_cancelled = [&cancelled] { return cancelled; };
        co_await test::until(is_cancelled);
        LineReader lines(socket);
        std::string const first = co_await lines.next();
        CHECK((first == message));
        std::string const second = co_await lines.next();
        CHECK(second == "b");
        co_await tell(socket, "1\n2\n");
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        {
            // Gone with its send().
            std::string const short_lived(message.size(), 'x');
            std::string const told =
                co_await told_when_cancelled(client.send(short_lived, patient));
            CHECK(told == "cancelled");
        }
        cancelled = true;
        Answer const answer = co_await client.send("b", patient);
        CHECK(answer.text == "2");
    };
    stage.play(server, talk);
}

TEST_CASE("A cancelled datagram is told as cancelled, a late answer as late", "[client]") {
    auto const server = test::DatagramPeer::at("udp:127.0.0.1:0");
    Address const address = parse_address(server.own_address());
    auto const send_for = [&](Timeout ack_timeout, std::size_t retries) {
        return [&address, ack_timeout, retries]() -> asio::awaitable<void> {
            DatagramClient client = co_await DatagramClient::open(address, patient);
            co_await client.send("hello", ack_timeout, retries);
        };
    };
    CHECK(outcome_of(send_for(patient, 0)) == "cancelled");
    CHECK(outcome_of(send_for(patient, 3)) == "cancelled");
    CHECK(outcome_of(send_for(5ms, 1), *patient) == "no answer within 5ms, sent 2 times");
}

TEST_CASE("A cancelled datagram is told as cancelled also in the pause before it is sent again",
          "[client]") {
    test::DatagramPeer gone = test::DatagramPeer::at("udp:127.0.0.1:0");
    Address const address = parse_address(gone.own_address());
    gone = test::DatagramPeer::at("udp:127.0.0.1:0");
    auto const work = [&address]() -> asio::awaitable<void> {
        DatagramClient client = co_await DatagramClient::open(address, patient);
        co_await client.send("hello", patient, 3);
    };
    CHECK(outcome_of(work) == "cancelled");
}

}  // namespace roger
