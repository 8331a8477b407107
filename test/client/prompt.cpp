// Lines from pipes, files and terminals as messages.
#include "client/prompt.hpp"

#include "client/ends.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace std::string_literals;

namespace roger {

namespace {

std::vector<std::string> lines_of(std::string const& content) {
    test::TempDir const folder;
    test::write_file(folder / "input", content);
    test::Descriptor const file(open((folder / "input").c_str(), O_RDONLY | O_CLOEXEC));
    Printer printer(-1);
    Prompt prompt(file.get(), printer);
    std::vector<std::string> lines;
    while (std::optional<std::string> line = prompt.next()) {
        lines.push_back(std::move(*line));
    }
    CHECK(prompt.next() == std::nullopt);
    return lines;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("Every line of a file is a message", "[prompt][client]") {
    CHECK(lines_of("").empty());
    CHECK(lines_of("one\ntwo\n") == Strings{"one", "two"});
    CHECK(lines_of("\n\n") == Strings{"", ""});
}

TEST_CASE("A last line without a newline counts", "[prompt][client]") {
    CHECK(lines_of("one") == Strings{"one"});
    CHECK(lines_of("one\ntwo") == Strings{"one", "two"});
}

TEST_CASE("A message keeps all its bytes", "[prompt][client]") {
    CHECK(lines_of("a\0b\n\rc\n\xff\x1b"s) == Strings{"a\0b"s, "\rc", "\xff\x1b"});
}

TEST_CASE("A line loses its line ending, and no more", "[prompt][client]") {
    CHECK(lines_of("dos\r\n\r\n\r\r\na\rb\n") == Strings{"dos", "", "\r", "a\rb"});
    CHECK(lines_of("one\r") == Strings{"one\r"});
    CHECK(lines_of("\r") == Strings{"\r"});
    // The return is the last byte of what is read at once.
    std::string const line(64 * 1024 - 1, 'x');
    CHECK(lines_of(line + "\r\nnext\r\n") == Strings{line, "next"});
}

TEST_CASE("A line may be longer than what is read at once", "[prompt][client]") {
    std::size_t const read_at_once = 64 * 1024;
    for (std::size_t const size : {read_at_once - 1, read_at_once, read_at_once + 1, 5'000'000UL}) {
        std::string const line(size, 'x');
        CHECK(lines_of(fmt::format("{0}\nshort\n{0}", line)) == Strings{line, "short", line});
    }
}

TEST_CASE("What cannot be read is an error", "[prompt][client]") {
    Printer printer(-1);
    test::Descriptor const folder(open("/", O_RDONLY | O_CLOEXEC));
    Prompt prompt(folder.get(), printer);
    try {
        prompt.next();
        FAIL("a folder was read");
    } catch (std::system_error const& error) {
        CHECK(error.what() == "reading standard input: Is a directory"s);
    }
    Prompt closed(-1, printer);
    CHECK_THROWS_AS(closed.next(), std::system_error);
}

TEST_CASE("What was printed is shown before more input is waited for", "[prompt][client]") {
    test::Pipe input;
    test::Pipe const output;
    Printer printer(output.writing.get());
    Prompt prompt(input.reading.get(), printer);
    test::write_now(input.writing, "one\ntwo\n");
    CHECK(prompt.next() == "one");
    printer.print_line("ack");
    CHECK(prompt.next() == "two");
    CHECK(test::readable_now(output.reading).empty());
    printer.print_line("ack");
    input.writing.close();
    CHECK(prompt.next() == std::nullopt);
    CHECK(test::readable_now(output.reading) == "ack\nack\n");
}

TEST_CASE("On a terminal each message is asked for", "[prompt][client]") {
    test::Terminal const terminal;
    Printer printer(terminal.program.get());
    Prompt prompt(terminal.program.get(), printer);
    CHECK(prompt.terminal());
    test::write_now(terminal.user, "one\ntwo\n");
    CHECK(prompt.next() == "one");
    printer.print_line("ack");
    CHECK(prompt.next() == "two");
    std::string const expected = "Please enter the message: ack\r\nPlease enter the message: ";
    CHECK(terminal.shown(expected) == expected);
}

TEST_CASE("At the end of input the terminal's cursor goes to a new line", "[prompt][client]") {
    test::Terminal const terminal;
    Printer printer(terminal.program.get());
    Prompt prompt(terminal.program.get(), printer);
    test::write_now(terminal.user, "\x04");
    CHECK(prompt.next() == std::nullopt);
    CHECK(prompt.next() == std::nullopt);
    printer.print_line("$");
    std::string const expected = "Please enter the message: \r\n$\r\n";
    CHECK(terminal.shown(expected) == expected);
}

TEST_CASE("An unfinished line at the end of a terminal's input counts", "[prompt][client]") {
    test::Terminal const terminal;
    Printer printer(terminal.program.get());
    Prompt prompt(terminal.program.get(), printer);
    test::write_now(terminal.user, "half\x04\x04");
    CHECK(prompt.next() == "half");
    CHECK(prompt.next() == std::nullopt);
}

TEST_CASE("A pipe that does not block is waited for as well", "[prompt][client][concurrency]") {
    test::Pipe input;
    REQUIRE(fcntl(input.reading.get(), F_SETFL, O_NONBLOCK) == 0);
    Printer printer(-1);
    Prompt prompt(input.reading.get(), printer);
    test::write_now(input.writing, "on");
    std::thread writer([&] { test::write_now(input.writing, "e\n"); });
    CHECK(prompt.next() == "one");
    writer.join();
}

}  // namespace roger
