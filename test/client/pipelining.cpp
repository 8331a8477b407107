// Several messages at once over one connection.
#include "client/sends.hpp"
#include "net/stage.hpp"
#include "roger/client.hpp"
#include "support/line_server.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/read.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

namespace roger {

namespace {

using test::LineReader;
using test::patient;
using test::Sends;
using test::Socket;
using test::Stage;
using test::tell;

ClientOptions with_window(std::size_t window) {
    ClientOptions options;
    options.window = window;
    return options;
}

}  // namespace

TEST_CASE("Messages go out without waiting for answers, and each gets its own", "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        for (std::string_view const message : {"a", "b", "c"}) {
            std::string const line = co_await lines.next();
            CHECK(line == message);
        }
        co_await tell(socket, "first\nsecond\nthird\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b", "c"});
        co_await sends.all_done();
        CHECK(sends[0].text == "first");
        CHECK(sends[1].text == "second");
        CHECK(sends[2].text == "third");
    };
    stage.play(server, talk);
}

TEST_CASE("Sends can be joined by operators", "[client]") {
    using namespace asio::experimental::awaitable_operators;
    test::LineServer const server({.answer = [](std::size_t, std::string const& message) {
        return test::LineServer::Reply{.bytes = "noted " + message + '\n'};
    }});
    Stage stage;
    auto const talk = [&server]() -> asio::awaitable<void> {
        Client client = co_await Client::open(parse_address(server.address()), patient);
        auto const [first, second] =
            co_await (client.send("one", patient) && client.send("two", patient));
        CHECK(first.text == "noted one");
        CHECK(second.text == "noted two");
    };
    stage.play_all({talk});
}

TEST_CASE("No more messages are in flight than the window allows", "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        std::string const first = co_await lines.more();
        CHECK(first == "a\nb\n");
        co_await tell(socket, "1\n");
        std::string const with_third = co_await lines.more();
        CHECK(with_third == "a\nb\nc\n");
        co_await tell(socket, "2\n3\n");
        std::string const all = co_await lines.more();
        CHECK(all == "a\nb\nc\nd\n");
        co_await tell(socket, "4\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        ClientOptions const options = with_window(2);
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b", "c", "d"});
        co_await sends.all_done();
        for (std::size_t number = 0; number < 4; ++number) {
            CHECK(sends[number].text == std::to_string(number + 1));
        }
    };
    stage.play(server, talk);
}

TEST_CASE("Ten thousand messages are answered in order", "[client]") {
    test::LineServer const server({.answer = [](std::size_t number, std::string const&) {
        return test::LineServer::Reply{.bytes = std::to_string(number) + '\n'};
    }});
    Stage stage;
    auto const talk = [&server]() -> asio::awaitable<void> {
        Client client = co_await Client::open(parse_address(server.address()), patient);
        Sends sends(co_await asio::this_coro::executor);
        std::size_t const count = 10'000;
        for (std::size_t number = 0; number < count; ++number) {
            sends.start(client, "x");
        }
        co_await sends.all_done();
        std::size_t wrong = 0;
        for (std::size_t number = 0; number < count; ++number) {
            wrong += sends[number].text == std::to_string(number) ? 0U : 1U;
        }
        CHECK(wrong == 0);
    };
    stage.play_all({talk});
}

TEST_CASE("Neither side waits for the other when both say more than sockets hold", "[client]") {
    Stage stage;
    std::size_t const count = 400;
    std::string const message(32'000, 'm');
    auto const server = [&](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        for (std::size_t number = 0; number < count; ++number) {
            std::string const line = co_await lines.next();
            co_await tell(socket, line + '\n');
        }
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        Sends sends(co_await asio::this_coro::executor);
        for (std::size_t number = 0; number < count; ++number) {
            sends.start(client, message);
        }
        co_await sends.all_done();
        std::size_t echoed = 0;
        for (std::size_t number = 0; number < count; ++number) {
            echoed += sends[number].text == message ? 1U : 0U;
        }
        CHECK(echoed == count);
    };
    stage.play(server, talk);
}

TEST_CASE("A lost connection fails exactly the messages without an answer", "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        co_await lines.next();
        co_await tell(socket, "ok\n");
        co_await lines.next();
        co_await lines.next();
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        ClientOptions const options = with_window(2);
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b", "c", "d"});
        co_await sends.all_done();
        CHECK(sends[0].answered());
        for (std::size_t number = 1; number <= 2; ++number) {
            CHECK(sends[number].code == Errc::connection_closed);
            CHECK(sends[number].text == "the server closed the connection without an answer");
            CHECK(sends[number].sent);
        }
        CHECK(sends[3].code == Errc::connection_closed);
        CHECK(sends[3].text == "the connection was closed before the message was sent");
        CHECK_FALSE(sends[3].sent);
    };
    stage.play(server, talk);
}

TEST_CASE("What was sent in part may have been displayed, what waited behind it was not sent",
          "[client]") {
    Stage stage;
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        std::string first(64 * 1024, '\0');
        co_await asio::async_read(socket, asio::buffer(first));
        test::reset(socket);
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        Sends sends(co_await asio::this_coro::executor);
        sends.start(client, std::string(16 << 20, 'x'));
        sends.start(client, "behind it");
        co_await sends.all_done();
        CHECK(sends[0].sent);
        CHECK(sends[0].code == Errc::connection_closed);
        CHECK_FALSE(sends[1].sent);
    };
    stage.play(server, talk);
}

TEST_CASE("A cut off answer is that of one message", "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        co_await lines.next();
        co_await lines.next();
        co_await tell(socket, "err");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b"});
        co_await sends.all_done();
        CHECK(sends[0].code == Errc::answer_cut_off);
        CHECK(sends[1].code == Errc::connection_closed);
        CHECK(sends[1].text == "the server closed the connection without an answer");
    };
    stage.play(server, talk);
}

TEST_CASE("A message that is answered too late gives the connection up", "[client]") {
    Stage stage(test::free_unix_address());
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        std::string const all = co_await lines.rest();
        CHECK(all == "a\nb\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        Sends sends(co_await asio::this_coro::executor);
        sends.start(client, "a");
        sends.start(client, "b", 2s);  // enough for it to be sent, on any machine
        co_await sends.all_done();
        CHECK(sends[0].code == Errc::connection_closed);
        CHECK(sends[0].text == "the connection was given up: no answer within 2s");
        CHECK(sends[0].sent);
        CHECK(sends[1].code == Errc::ack_timeout);
        CHECK(sends[1].text == "no answer within 2s");
        CHECK(sends[1].sent);
    };
    stage.play(server, talk);
}

TEST_CASE("A message that was not begun in time leaves the connection to the others", "[client]") {
    Stage stage(test::free_unix_address());
    bool late = false;
    auto const server = [&late](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        co_await lines.next();
        auto const is_late = [&late] { return late; };
        co_await test::until(is_late);
        co_await tell(socket, "ok\n");
        std::string const more = co_await lines.rest();
        CHECK(more.empty());
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        ClientOptions const options = with_window(1);
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start(client, "a");
        sends.start(client, "b", 50ms);
        auto const one_done = [&sends] { return sends.done() == 1; };
        co_await test::until(one_done);
        late = true;
        co_await sends.all_done();
        CHECK(sends[0].answered());
        CHECK(sends[1].code == Errc::write_timeout);
        CHECK(sends[1].text == "the server did not take the message within 50ms");
        CHECK_FALSE(sends[1].sent);
    };
    stage.play(server, talk);
}

TEST_CASE("A client tells which messages have no answer yet, in their order", "[client]") {
    Stage stage(test::free_unix_address());
    bool looked = false;
    auto const server = [&looked](Socket& socket) -> asio::awaitable<void> {
        LineReader lines(socket);
        co_await lines.next();
        co_await tell(socket, "ok\n");
        co_await lines.next();
        auto const is_looked = [&looked] { return looked; };
        co_await test::until(is_looked);
        co_await tell(socket, "ok\nok\n");
        co_await lines.next();
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        ClientOptions const options = with_window(1);
        Client client = co_await Client::open(stage.address(), options);
        Sends sends(co_await asio::this_coro::executor);
        sends.start_all(client, {"a", "b", "c"});
        auto const one_done = [&sends] { return sends.done() == 1; };
        co_await test::until(one_done);
        std::vector<UnacknowledgedMessage> const left = client.unacknowledged();
        REQUIRE(left.size() == 2);
        CHECK(left[0].text == "b");
        CHECK(left[0].sent);
        CHECK(left[1].text == "c");
        CHECK_FALSE(left[1].sent);
        looked = true;
        co_await sends.all_done();
        CHECK(client.unacknowledged().empty());
    };
    stage.play(server, talk);
}

TEST_CASE("On a strand a client works where many threads run its context",
          "[client][concurrency]") {
    test::LineServer const server({});
    asio::thread_pool threads(3);
    auto const talk = [&server]() -> asio::awaitable<std::size_t> {
        Client client = co_await Client::open(parse_address(server.address()), patient);
        Sends sends(co_await asio::this_coro::executor);
        for (int number = 0; number < 1'000; ++number) {
            sends.start(client, "x");
        }
        co_await sends.all_done();
        std::size_t answered = 0;
        for (std::size_t number = 0; number < 1'000; ++number) {
            answered += sends[number].answered() ? 1U : 0U;
        }
        co_return answered;
    };
    auto first = asio::co_spawn(asio::make_strand(threads), talk(), asio::use_future);
    auto second = asio::co_spawn(asio::make_strand(threads), talk(), asio::use_future);
    CHECK(first.get() == 1'000);
    CHECK(second.get() == 1'000);
    threads.join();
}

}  // namespace roger
