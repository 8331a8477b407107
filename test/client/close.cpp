// The gentle end of a client.
#include "client/sends.hpp"
#include "net/stage.hpp"
#include "roger/client.hpp"

#include <asio/awaitable.hpp>
#include <asio/cancel_after.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/system_error.hpp>
#include <asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

namespace roger {

namespace {

using test::failure_of;
using test::LineReader;
using test::patient;
using test::Sends;
using test::Socket;
using test::Stage;
using test::tell;

/// Says nothing, until the other side has no more to say.
asio::awaitable<void> stay_silent(Socket& socket) {
    LineReader lines(socket);
    co_await lines.rest();
}

}  // namespace

TEST_CASE("Closing sends what waits, says that there is no more, and waits for the answers",
          "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        std::string const first = co_await lines.next();
        CHECK(first == "a");
        co_await tell(socket, "1\n");
        std::string const all = co_await lines.rest();
        CHECK(all == "b\n");
        co_await tell(socket, "2\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        ClientOptions options;
        options.window = 1;
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b"});
        co_await client.close(patient);
        CHECK(sends[0].text == "1");
        CHECK(sends[1].text == "2");
        CHECK(sends.done() == 2);
    };
    stage.play(server, talk);
}

TEST_CASE("A client that closes or is closed sends nothing more", "[client]") {
    Stage stage;
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        co_await client.close(patient);
        co_await client.close(patient);
        Sends sends(co_await asio::this_coro::executor);
        sends.start(client, "a");
        co_await sends.all_done();
        CHECK(sends[0].code == Errc::client_closed);
        CHECK(sends[0].text == "the client is closed");
        CHECK_FALSE(sends[0].sent);
    };
    stage.play(stay_silent, talk);
}

TEST_CASE("Closing waits no longer than asked", "[client]") {
    Stage stage;
    bool done = false;
    auto const server = [&done](Socket& /*silent*/) -> asio::awaitable<void> {
        auto const is_done = [&done] { return done; };
        co_await test::until(is_done);
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b"});
        auto const close = [&client]() -> asio::awaitable<void> { co_await client.close(50ms); };
        std::string const failure = co_await failure_of<ClientError>(close);
        CHECK(failure == "2 messages were not answered within 50ms");
        co_await sends.all_done();
        CHECK(sends[0].code == Errc::client_closed);
        CHECK(sends[0].text == "the client was closed before there was an answer");
        CHECK(sends[0].sent);
        CHECK(sends[1].code == Errc::client_closed);
        done = true;
    };
    stage.play(server, talk);
}

TEST_CASE("A connection that is lost while closing fails what was sent, and ends the wait",
          "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        co_await lines.next();
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        Sends sends(co_await asio::this_coro::executor);
        sends.start(client, "a");
        co_await client.close(patient);
        CHECK(sends[0].code == Errc::connection_closed);
    };
    stage.play(server, talk);
}

TEST_CASE("Of several closes that are under way the shortest timeout holds", "[client]") {
    Stage stage;
    bool gentle_ended = false;
    auto const has_ended = [&gentle_ended] { return gentle_ended; };
    auto const server = [&has_ended](Socket& /*socket*/) -> asio::awaitable<void> {
        co_await test::until(has_ended);
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        asio::any_io_executor const executor = co_await asio::this_coro::executor;
        Sends sends(executor);
        sends.start(client, "a");
        asio::co_spawn(executor, client.close(patient),
                       [&](std::exception_ptr const& thrown) { gentle_ended = thrown == nullptr; });
        auto const hasty = [&client] { return client.close(50ms); };
        std::string const told = co_await failure_of<ClientError>(hasty);
        CHECK(told == "1 message was not answered within 50ms");
        co_await sends.all_done();
        CHECK(sends[0].code == Errc::client_closed);
        co_await test::until(has_ended);
    };
    stage.play(server, talk);
}

TEST_CASE("A cancelled close is told as such, and can be called again", "[client]") {
    Stage stage;
    bool again = false;
    auto const server = [&again](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        co_await lines.next();
        auto const is_again = [&again] { return again; };
        co_await test::until(is_again);
        co_await tell(socket, "ok\n");
        co_await lines.rest();
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        asio::any_io_executor const executor = co_await asio::this_coro::executor;
        Sends sends(executor);
        sends.start(client, "a");
        bool cancelled = false;
        try {
            co_await asio::co_spawn(executor, client.close(patient), asio::cancel_after(50ms));
        } catch (asio::system_error const& error) {
            cancelled = error.code() == asio::error::operation_aborted;
        }
        CHECK(cancelled);
        again = true;
        co_await client.close(patient);
        CHECK(sends[0].text == "ok");
    };
    stage.play(server, talk);
}

}  // namespace roger
