// Say something, wait for its answer: every way in which that goes well or does not.
#include "roger/client.hpp"

#include "net/stage.hpp"
#include "support/peer.hpp"

#include <asio/buffer.hpp>
#include <asio/read.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace roger {

namespace {

using test::failure_of;
using test::hear_line;
using test::patient;
using test::Socket;
using test::Stage;
using test::tell;

asio::awaitable<std::string> answer_to(Client& client, std::string message) {
    Answer const answer = co_await client.send(message, patient);
    co_return answer.text;
}

/// Plays `server` against a client that says `messages`; returns the answers, and last the
/// sentence of a failure.
std::vector<std::string> answers(test::ServerScript const& server,
                                 std::vector<std::string> messages,
                                 Address const& address = test::free_tcp_address()) {
    Stage stage(address);
    std::vector<std::string> heard;
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        try {
            for (std::string const& message : messages) {
                heard.push_back(co_await answer_to(client, message));
            }
        } catch (ClientError const& failure) {
            heard.emplace_back(failure.what());
        }
    };
    stage.play(server, talk);
    return heard;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("A message is sent as a line, and its answer is a line", "[client]") {
    std::string heard;
    auto const server = [&heard](Socket& socket) -> asio::awaitable<void> {
        heard = co_await hear_line(socket);
        co_await tell(socket, "I got your message\n");
    };
    CHECK(answers(server, {"hello"}) == Strings{"I got your message"});
    CHECK(heard == "hello\n");
}

TEST_CASE("A return at the end of a message is not taken for the line's", "[client]") {
    std::string heard;
    auto const server = [&heard](Socket& socket) -> asio::awaitable<void> {
        heard += co_await hear_line(socket);
        co_await tell(socket, "ok\n");
        heard += co_await hear_line(socket);
        co_await tell(socket, "ok\n");
    };
    CHECK(answers(server, {"hello\r", "\r"}) == Strings{"ok", "ok"});
    CHECK(heard == "hello\r\r\n\r\r\n");
}

TEST_CASE("A message may hold any byte but a newline", "[client]") {
    std::string message;
    for (int byte = 0; byte < 256; ++byte) {
        message += byte == '\n' ? "" : std::string(1, static_cast<char>(byte));
    }
    std::string heard;
    auto const server = [&heard](Socket& socket) -> asio::awaitable<void> {
        heard = co_await hear_line(socket);
        co_await tell(socket, "ok\n");
    };
    CHECK(answers(server, {message}) == Strings{"ok"});
    CHECK(heard == message + '\n');
}

TEST_CASE("A newline in a message is a mistake of the caller's", "[client]") {
    Stage stage;
    std::string heard;
    auto const server = [&heard](Socket& socket) -> asio::awaitable<void> {
        heard = co_await hear_line(socket);
        co_await tell(socket, "ok\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        auto const two_lines = [&]() -> asio::awaitable<void> {
            co_await client.send("one\ntwo", patient);
        };
        std::string const failure = co_await failure_of<std::invalid_argument>(two_lines);
        CHECK(failure == "a message holds no newline: it would be two messages");
        std::string const answer = co_await answer_to(client, "one");
        CHECK(answer == "ok");
    };
    stage.play(server, talk);
    CHECK(heard == "one\n");
}

TEST_CASE("Answers come in order over one connection", "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        for (int number = 1; number <= 3; ++number) {
            co_await hear_line(socket);
            co_await tell(socket, "ack " + std::to_string(number) + '\n');
        }
    };
    CHECK(answers(server, {"a", "", "c"}) == Strings{"ack 1", "ack 2", "ack 3"});
}

TEST_CASE("An answer may come in pieces", "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        for (std::string_view const piece : {"I", " got your", " message\r", "\n"}) {
            co_await tell(socket, piece);
            co_await test::until_read(socket);
        }
    };
    CHECK(answers(server, {"hello"}, test::free_unix_address()) == Strings{"I got your message"});
}

TEST_CASE("Two answers at once are one for each message", "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, "one\r\ntwo\n");
        co_await hear_line(socket);
    };
    CHECK(answers(server, {"a", "b"}) == Strings{"one", "two"});
}

TEST_CASE("An answer may be empty", "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, "\n");
    };
    CHECK(answers(server, {"a"}) == Strings{""});
}

TEST_CASE("The end of the stream ends an answer, as from the tutorial's server", "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, "I got your message");
    };
    CHECK(answers(server, {"a", "b"}) ==
          Strings{"I got your message", "the server closed the connection without an answer"});
}

TEST_CASE("A reset ends an answer, as from the tutorial's server that was told too much",
          "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        std::array<char, 255> bytes;
        co_await socket.async_read_some(asio::buffer(bytes));
        co_await tell(socket, "I got your message");
    };
    CHECK(answers(server, {std::string(300, 'x')}) == Strings{"I got your message"});
    // More than the sockets hold: the reset comes while the message is being sent.
    CHECK(answers(server, {std::string(16 << 20, 'x')}) == Strings{"I got your message"});
    CHECK(answers(server, {std::string(16 << 20, 'x')}, test::free_unix_address()) ==
          Strings{"I got your message"});
}

TEST_CASE("A server that ends in the middle leaves a message without an answer", "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, "ok\n");
        co_await hear_line(socket);
    };
    CHECK(answers(server, {"a", "b"}) ==
          Strings{"ok", "the server closed the connection without an answer"});

    auto const resetting_server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        test::reset(socket);
    };
    CHECK(answers(resetting_server, {"a"}) ==
          Strings{"the server closed the connection without an answer"});
}

TEST_CASE("An answer cut off where it could still become a refusal is none", "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, "err");
    };
    CHECK(answers(server, {"a"}) ==
          Strings{"the server closed the connection in the middle of its answer"});
}

TEST_CASE("An answer without an end is an error", "[client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, std::string(64 * 1024, 'x'));
    };
    CHECK(answers(server, {"a"}) == Strings{"the server's answer is longer than 64KiB"});
}

TEST_CASE("A refusal is an answer that acknowledges nothing, and the conversation goes on",
          "[client]") {
    Stage stage;
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, "error: message longer than 5 bytes\n");
        co_await hear_line(socket);
        co_await tell(socket, "I got your message\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        Answer const refusal = co_await client.send("too long", patient);
        CHECK_FALSE(refusal.acknowledged());
        CHECK(refusal.text == "error: message longer than 5 bytes");
        Answer const ack = co_await client.send("short", patient);
        CHECK(ack.acknowledged());
    };
    stage.play(server, talk);
}

TEST_CASE("A refusal that was said before the message was sent is its answer", "[client]") {
    bool closed = false;
    auto const server = [&closed](Socket& socket) -> asio::awaitable<void> {
        co_await tell(socket, "error: idle for 5min\n");
        socket.close();
        closed = true;
    };
    // Over TCP the first send succeeds after the other side has closed, on a Unix socket it fails.
    for (Address const& address : {test::free_tcp_address(), test::free_unix_address()}) {
        Stage stage(address);
        closed = false;
        auto const talk = [&]() -> asio::awaitable<void> {
            Client client = co_await Client::open(stage.address(), patient);
            auto const is_closed = [&closed] { return closed; };
            co_await test::until(is_closed);
            std::string const answer = co_await answer_to(client, "hello?");
            CHECK(answer == "error: idle for 5min");
        };
        stage.play(server, talk);
    }
}

TEST_CASE("A refusal may come while a long message is still being sent", "[client]") {
    std::size_t const size = 16 << 20;
    std::string bytes(size + 1, '\0');
    auto const server = [&bytes](Socket& socket) -> asio::awaitable<void> {
        std::size_t const first = 64 * 1024;
        co_await asio::async_read(socket, asio::buffer(bytes, first));
        co_await tell(socket, "error: message longer than 65536 bytes\n");
        co_await asio::async_read(socket, asio::buffer(bytes) + first);
        co_await hear_line(socket);
        co_await tell(socket, "ok\n");
    };
    CHECK(answers(server, {std::string(size, 'x'), "short"}) ==
          Strings{"error: message longer than 65536 bytes", "ok"});
}

TEST_CASE("A server that does not answer is not waited for longer than asked, nor again",
          "[client]") {
    Stage stage;
    bool done = false;
    auto const server = [&done](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        auto const is_done = [&done] { return done; };
        co_await test::until(is_done);
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        auto const say = [&]() -> asio::awaitable<void> { co_await client.send("hello?", 50ms); };
        std::string const first = co_await failure_of<ClientError>(say);
        CHECK(first == "no answer within 50ms");
        std::string const second = co_await failure_of<ClientError>(say);
        CHECK(second == "the connection is closed");
        done = true;
    };
    stage.play(server, talk);
}

TEST_CASE("A server that does not take a message is not waited for longer than asked", "[client]") {
    Stage stage;
    bool done = false;
    auto const server = [&done](Socket&) -> asio::awaitable<void> {
        auto const is_done = [&done] { return done; };
        co_await test::until(is_done);
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        std::string const message(32 << 20, 'x');
        auto const say = [&]() -> asio::awaitable<void> { co_await client.send(message, 50ms); };
        std::string const failure = co_await failure_of<ClientError>(say);
        CHECK(failure == "the server did not take the message within 50ms");
        done = true;
    };
    stage.play(server, talk);
}

TEST_CASE("Waits without an end are possible", "[client]") {
    Stage stage;
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, "ok\n");
    };
    auto const talk = [&stage]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), std::nullopt);
        Answer const answer = co_await client.send("hello", std::nullopt);
        CHECK(answer.text == "ok");
    };
    stage.play(server, talk);
}

TEST_CASE("A client that cannot connect says why", "[client]") {
    test::RefusingAddress const refusing;
    Address const address = parse_address(refusing.address());
    Stage stage;
    auto const talk = [&]() -> asio::awaitable<void> {
        auto const open = [&]() -> asio::awaitable<void> {
            co_await Client::open(address, patient);
        };
        std::string const failure = co_await failure_of<ClientError>(open);
        CHECK(failure == "connecting to " + to_string(address) + ": Connection refused");
    };
    stage.play_all({talk});
}

}  // namespace roger
