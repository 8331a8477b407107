// The client's work, from messages to acknowledgements and errors.
#include "client/talk.hpp"

#include "client/ends.hpp"
#include "net/stage.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

namespace roger {

namespace {

using test::hear_line;
using test::Socket;
using test::tell;
using Strings = std::vector<std::string>;

/// What a talk printed, and which errors it reported.
struct Told {
    std::string printed;
    Strings errors;
    bool complete = false;
};

Told tell_all(test::ServerScript const& server, Strings const& messages) {
    test::Stage stage;
    test::Pipe const pipe;
    Printer printer(pipe.writing.get());
    Prompt prompt(-1, printer);
    TalkOptions options;
    options.address = stage.address();
    options.messages = messages;
    Told told;
    auto const print_error = [&told](std::string_view sentence) {
        told.errors.emplace_back(sentence);
    };
    auto const client = [&]() -> asio::awaitable<void> {
        Receipts const receipts =
            co_await talk(options, messages_of(options, prompt), printer, print_error);
        told.complete = receipts.complete();
    };
    stage.play(server, client);
    told.printed = test::readable_now(pipe.reading);
    return told;
}

asio::awaitable<void> acknowledge(Socket& socket, int count) {
    for (int number = 0; number < count; ++number) {
        co_await hear_line(socket);
        co_await tell(socket, "I got your message\n");
    }
}

std::vector<std::string> all_of(MessageSource next) {
    std::vector<std::string> all;
    while (std::optional<std::string> message = next()) {
        all.push_back(std::move(*message));
    }
    return all;
}

}  // namespace

TEST_CASE("Each acknowledgement is printed", "[talk][client]") {
    auto const server = [](Socket& socket) { return acknowledge(socket, 2); };
    Told const told = tell_all(server, {"a", "b"});
    CHECK(told.printed == "I got your message\nI got your message\n");
    CHECK(told.errors.empty());
    CHECK(told.complete);
}

TEST_CASE("A refusal is reported, and the next message is sent", "[talk][client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await acknowledge(socket, 1);
        co_await hear_line(socket);
        co_await tell(socket, "error: message longer than 1 bytes\x1b\n");
        co_await acknowledge(socket, 1);
    };
    Told const told = tell_all(server, {"a", "bb", "c"});
    CHECK(told.printed == "I got your message\nI got your message\n");
    CHECK(told.errors ==
          Strings{"message 2 was not acknowledged: error: message longer than 1 bytes\\x1b"});
    CHECK_FALSE(told.complete);
}

TEST_CASE("With the connection lost nothing more is sent", "[talk][client]") {
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await acknowledge(socket, 1);
        co_await hear_line(socket);
    };
    Told const told = tell_all(server, {"a", "b", "c"});
    CHECK(told.printed == "I got your message\n");
    CHECK(told.errors == Strings{"message 2 was not acknowledged: the server closed the "
                                 "connection without an answer; nothing after it was sent"});
    CHECK_FALSE(told.complete);
}

TEST_CASE("Messages given are sent, and nothing is read", "[talk][client]") {
    Printer printer(-1);
    Prompt prompt(-1, printer);
    TalkOptions options;
    options.messages = {"one", "", "two"};
    CHECK(all_of(messages_of(options, prompt)) == options.messages);
}

TEST_CASE("All of a pipe is sent, of a terminal one message, or with --keep all",
          "[talk][client]") {
    TalkOptions options;
    test::Pipe input;
    test::write_now(input.writing, "one\ntwo\n");
    input.writing.close();
    Printer silent(-1);
    Prompt piped(input.reading.get(), silent);
    CHECK(all_of(messages_of(options, piped)) == Strings{"one", "two"});

    test::Terminal const terminal;
    Printer printer(terminal.program.get());
    Prompt typed(terminal.program.get(), printer);
    test::write_now(terminal.user, "one\ntwo\nthree\n\x04");
    CHECK(all_of(messages_of(options, typed)) == Strings{"one"});
    options.keep = true;
    CHECK(all_of(messages_of(options, typed)) == Strings{"two", "three"});
}

}  // namespace roger
