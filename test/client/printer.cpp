// What is printed when, and what stands in the way of it.
#include "client/printer.hpp"

#include "client/ends.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

using namespace std::string_literals;

namespace roger {

TEST_CASE("Into a pipe, lines wait for a flush", "[printer][client]") {
    test::Pipe const pipe;
    Printer printer(pipe.writing.get());
    printer.print_line("one");
    printer.print_line("two");
    CHECK(test::readable_now(pipe.reading).empty());
    printer.flush();
    CHECK(test::readable_now(pipe.reading) == "one\ntwo\n");
    printer.flush();
    CHECK(test::readable_now(pipe.reading).empty());
}

TEST_CASE("Into a pipe, many lines do not wait", "[printer][client]") {
    test::Pipe const pipe;
    Printer printer(pipe.writing.get());
    std::string const line(1023, 'x');
    for (int count = 0; count < 63; ++count) {
        printer.print_line(line);
    }
    CHECK(test::readable_now(pipe.reading).empty());
    printer.print_line(line);
    CHECK(test::readable_now(pipe.reading).size() == 64 * 1024);
}

TEST_CASE("On a terminal, lines are shown at once, and harmless", "[printer][client]") {
    test::Terminal const terminal;
    Printer printer(terminal.program.get());
    for (auto const& [line, expected] :
         {std::pair("I got your message"s, "I got your message\r\n"s),
          std::pair("\x1b[2J"s, "\\x1b[2J\r\n"s)}) {
        printer.print_line(line);
        CHECK(terminal.shown(expected) == expected);
    }
}

TEST_CASE("Elsewhere than on a terminal, lines are printed verbatim", "[printer][client]") {
    test::Pipe const pipe;
    Printer printer(pipe.writing.get());
    printer.print_line("\x1b[2J \\");
    printer.flush();
    CHECK(test::readable_now(pipe.reading) == "\x1b[2J \\\n");
}

TEST_CASE("A prompt is shown at once, whatever shows it", "[printer][client]") {
    test::Pipe const pipe;
    Printer printer(pipe.writing.get());
    printer.print_line("ack");
    printer.prompt("> ");
    CHECK(test::readable_now(pipe.reading) == "ack\n> ");
}

TEST_CASE("What cannot be printed is an error", "[printer][client]") {
    test::Descriptor const full(open("/dev/full", O_WRONLY | O_CLOEXEC));
    Printer printer(full.get());
    printer.print_line("one");
    try {
        printer.flush();
        FAIL("/dev/full took it");
    } catch (std::system_error const& error) {
        CHECK(error.what() == std::string("writing to standard output: No space left on device"));
    }
    Printer closed(-1);
    closed.print_line("one");
    CHECK_THROWS_AS(closed.flush(), std::system_error);
}

TEST_CASE("A pipe that does not block is waited for", "[printer][client][concurrency]") {
    test::Pipe pipe;
    REQUIRE(fcntl(pipe.writing.get(), F_SETFL, O_NONBLOCK) == 0);
    std::string const line(1 << 20, 'x');
    std::string read_back;
    std::thread reader([&] {
        std::array<char, 4096> bytes;
        for (ssize_t size = 1; size > 0;) {
            size = read(pipe.reading.get(), bytes.data(), bytes.size());
            read_back.append(bytes.data(), static_cast<std::size_t>(size));
        }
    });
    Printer printer(pipe.writing.get());
    printer.print_line(line);
    printer.flush();
    pipe.writing.close();
    reader.join();
    CHECK(read_back == line + '\n');
}

}  // namespace roger
