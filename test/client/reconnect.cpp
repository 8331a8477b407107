// Clients that go on when their connection is lost.
#include "client/sends.hpp"
#include "net/stage.hpp"
#include "protocol/quantity.hpp"
#include "roger/client.hpp"
#include "support/deadline.hpp"

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <string>

using namespace std::chrono_literals;

namespace roger {

namespace {

using test::LineReader;
using test::patient;
using test::Sends;
using test::Socket;
using test::Stage;
using test::tell;

ClientOptions reconnecting(std::size_t window = 1024) {
    ClientOptions options;
    options.connect_timeout = patient;
    options.window = window;
    options.reconnect = {.initial_delay = 1ms, .max_delay = 5ms};
    return options;
}

/// Answers the first message, hears two more, and closes.
asio::awaitable<void> answer_one_of_three(Stage& stage) {
    Socket socket = co_await stage.accept();
    LineReader lines(socket);
    co_await lines.next();
    co_await tell(socket, "first\n");
    co_await lines.next();
    co_await lines.next();
}

/// Answers each message with itself, until there are no more.
asio::awaitable<std::string> echo(Stage& stage, int count) {
    Socket socket = co_await stage.accept();
    LineReader lines(socket);
    std::string heard;
    for (int number = 0; number < count; ++number) {
        std::string const line = co_await lines.next();
        heard += line;
        co_await tell(socket, line + '\n');
    }
    co_return heard;
}

}  // namespace

TEST_CASE("What was not sent is sent on the new connection, what was sent is told of", "[client]") {
    Stage stage(test::free_unix_address());
    std::string heard;
    auto const server = [&]() -> asio::awaitable<void> {
        co_await answer_one_of_three(stage);
        heard = co_await echo(stage, 2);
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        ClientOptions const options = reconnecting(2);
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b", "c", "d", "e"});
        co_await sends.all_done();
        CHECK(sends[0].text == "first");
        for (std::size_t number = 1; number <= 2; ++number) {
            CHECK(sends[number].code == Errc::connection_closed);
            CHECK(sends[number].sent);
        }
        CHECK(sends[3].text == "d");
        CHECK(sends[4].text == "e");
    };
    stage.play_all({server, talk});
    CHECK(heard == "de");
}

TEST_CASE("At least once: what has no answer is sent again, before the rest", "[client]") {
    Stage stage(test::free_unix_address());
    std::string heard;
    auto const server = [&]() -> asio::awaitable<void> {
        co_await answer_one_of_three(stage);
        heard = co_await echo(stage, 4);
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        ClientOptions options = reconnecting(2);
        options.reconnect->resend = true;
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b", "c", "d", "e"});
        co_await sends.all_done();
        for (std::size_t number = 1; number < 5; ++number) {
            CHECK(sends[number].text == sends[number].message);
        }
    };
    stage.play_all({server, talk});
    CHECK(heard == "bcde");
}

TEST_CASE("A connection that ended while nothing was sent costs no message", "[client]") {
    Stage stage;
    bool closed = false;
    auto const server = [&]() -> asio::awaitable<void> {
        {
            Socket socket = co_await stage.accept();
            co_await tell(socket, "error: idle for 5min\n");
        }
        closed = true;
        std::string const heard = co_await echo(stage, 1);
        CHECK(heard == "hello");
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        ClientOptions const options = reconnecting();
        Client client = co_await Client::open(stage.address(), options);
        auto const is_closed = [&closed] { return closed; };
        co_await test::until(is_closed);
        Answer const answer = co_await client.send("hello", patient);
        CHECK(answer.text == "hello");
    };
    stage.play_all({server, talk});
}

TEST_CASE("A server that is away for a while is tried again until it is there", "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [&stage]() -> asio::awaitable<void> {
        {
            Socket const socket = co_await stage.accept();
            stage.stop_listening();
        }
        // Long enough for some attempts; to be waited for even longer would be as right.
        asio::steady_timer away(co_await asio::this_coro::executor, 50ms);
        co_await away.async_wait();
        stage.listen_again();
        co_await echo(stage, 1);
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        ClientOptions const options = reconnecting();
        Client client = co_await Client::open(stage.address(), options);
        co_await test::many_rounds();
        Answer const answer = co_await client.send("hello", patient);
        CHECK(answer.text == "hello");
    };
    stage.play_all({server, talk});
}

TEST_CASE("After the last attempt what waits fails, and the next send begins again", "[client]") {
    Stage stage(test::free_unix_address());
    bool failed = false;
    auto const server = [&]() -> asio::awaitable<void> {
        {
            Socket const socket = co_await stage.accept();
            stage.stop_listening();
        }
        auto const has_failed = [&failed] { return failed; };
        co_await test::until(has_failed);
        stage.listen_again();
        co_await echo(stage, 1);
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        ClientOptions options = reconnecting();
        options.reconnect->attempts = 3;
        Client client = co_await Client::open(stage.address(), options);
        co_await test::many_rounds();
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b"});
        co_await sends.all_done();
        for (std::size_t number = 0; number < 2; ++number) {
            CHECK(sends[number].code == Errc::cannot_connect);
            CHECK(sends[number].cause == std::errc::connection_refused);
            CHECK(sends[number].text ==
                  "connecting to " + to_string(stage.address()) + ": Connection refused");
            CHECK_FALSE(sends[number].sent);
        }
        failed = true;
        auto const is_back = [&client]() -> asio::awaitable<bool> {
            try {
                co_await client.send("c", patient);
                co_return true;
            } catch (ClientError const&) {
                co_return false;
            }
        };
        bool back = false;
        while (!back) {
            back = co_await is_back();
        }
    };
    stage.play_all({server, talk});
}

TEST_CASE("A server that takes connections and ends them counts as an attempt each", "[client]") {
    Stage stage(test::free_unix_address());
    std::size_t connections = 0;
    bool done = false;
    auto const server = [&]() -> asio::awaitable<void> {
        while (!done) {
            Socket socket = co_await stage.accept();
            if (++connections > 1) {
                LineReader lines(socket);
                co_await lines.next();
            }
            if (connections == 4) {
                co_return;
            }
        }
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        ClientOptions options = reconnecting();
        options.reconnect->attempts = 3;
        options.reconnect->resend = true;
        Client client = co_await Client::open(stage.address(), options);
        co_await test::many_rounds();
        Sends sends(co_await asio::this_coro::executor);
        sends.start(client, "a");
        co_await sends.all_done();
        CHECK(sends[0].code == Errc::connection_closed);
        CHECK(sends[0].sent);
    };
    stage.play_all({server, talk});
    CHECK(connections == 4);
}

TEST_CASE("A message waits for a connection no longer than asked, and is told why", "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [&stage]() -> asio::awaitable<void> {
        Socket const socket = co_await stage.accept();
        stage.stop_listening();
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        ClientOptions const options = reconnecting();
        Client client = co_await Client::open(stage.address(), options);
        co_await test::many_rounds();
        // On a busy machine the first ones may time out before connecting was tried.
        Sends sends(co_await asio::this_coro::executor);
        std::size_t last = 0;
        std::chrono::milliseconds timeout = 100ms;
        for (;; ++last, timeout *= 2) {
            sends.start(client, "a", timeout);
            co_await sends.all_done();
            REQUIRE(sends[last].code == Errc::write_timeout);
            if (sends[last].cause) {
                break;
            }
        }
        CHECK(sends[last].cause == std::errc::connection_refused);
        CHECK(sends[last].text == "the server did not take the message within " +
                                      roger::to_string(Timeout(timeout)) + ": connecting to " +
                                      to_string(stage.address()) + ": Connection refused");
        CHECK_FALSE(sends[last].sent);
    };
    stage.play_all({server, talk});
}

TEST_CASE("A message that is answered too late is followed by others on a new connection",
          "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [&stage]() -> asio::awaitable<void> {
        Socket silent = co_await stage.accept();
        LineReader lines(silent);
        std::string const all = co_await lines.rest();
        CHECK(all == "a\n");
        co_await echo(stage, 1);
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        ClientOptions const options = reconnecting(1);
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start(client, "a", 50ms);
        sends.start(client, "b");
        co_await sends.all_done();
        CHECK(sends[0].code == Errc::ack_timeout);
        CHECK(sends[1].text == "b");
    };
    stage.play_all({server, talk});
}

}  // namespace roger
