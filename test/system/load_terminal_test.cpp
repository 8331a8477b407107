// The live line: there on a terminal, gone at the end, and nowhere else.
#include "support/deadline.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <csignal>
#include <regex>
#include <string>
#include <string_view>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view erased = "\r\x1b[K";

Launch short_test(LineServer const& server) {
    return load_launch({"--clients", "3", "--duration", "1500ms", server.address()});
}

bool is_plain(std::string_view text) {
    return text.find_first_of("\r\x1b\b") == text.npos;
}

/// A terminal's newline is "\r\n".
bool is_plain_on_terminal(std::string_view text) {
    return text.find_first_of("\x1b\b") == text.npos;
}

}  // namespace

TEST_CASE("On a terminal a live line shows how a load test goes, and is gone at the end",
          "[load][system]") {
    LineServer const server({.delays = {20ms}});
    auto launch = load_launch({"--clients", "3", "--duration", "60s", server.address()});
    launch.in = launch.out = launch.err = Stdio::terminal();
    Process load(launch);
    static std::regex const live_line(
        R"(\S+ of 60s  3 clients  [\d,.]+/s  p50 [\d.]+m?s  p99 [\d.]+m?s  0 failed)");
    eventually("a live line", [&] { return std::regex_search(load.terminal().seen(), live_line); });
    load.signal(SIGINT);
    std::string const before = load.terminal().read_until("asked:");
    std::string const after = load.terminal().read_all();
    CAPTURE(before, after);
    REQUIRE(load.wait_for_exit() == Exit::with(0));
    CHECK(before.starts_with(std::string(erased) + "connecting"));
    CHECK(std::regex_search(before, live_line));
    // Every line takes the place of the one before it, and none goes on to a next one.
    CHECK(before.find('\n') == std::string::npos);
    CHECK(before.ends_with(std::string(erased) + "asked:"));
    CHECK(after.find('\x1b') == std::string::npos);
    CHECK(std::regex_search(after, std::regex(R"(planned (\d+) = acked \1)")));
}

TEST_CASE("A search shows on a terminal which rate it tries", "[load][system]") {
    LineServer const server({.delays = {50ms}});
    auto launch = load_launch({"--clients", "2", "--rate", "2", "--find", "p50<1ms", "--duration",
                               "100ms", server.address()});
    launch.in = launch.out = launch.err = Stdio::terminal();
    Process load(launch);
    std::string const all = load.terminal().read_all();
    CAPTURE(all);
    auto const exit = load.wait_for_exit();
    if (exit == Exit::with(3)) {
        SKIP("this machine is too busy to measure on: " << all);
    }
    REQUIRE(exit == Exit::with(1));
    CHECK(all.find("trying 2/s: ") != std::string::npos);
    CHECK(all.find("trying 1/s: ") != std::string::npos);
    CHECK(all.substr(all.find("trying 1/s: ")).find(erased) != std::string::npos);
}

TEST_CASE("Where the terminal is narrow, the live line is cut to one row", "[load][system]") {
    // A pseudo-terminal without a size counts as 80 columns.
    LineServer const server({.delays = {20ms}});
    auto launch = load_launch({"--clients", "3", "--duration", "1500ms", server.address()});
    launch.in = launch.out = launch.err = Stdio::terminal();
    Process load(launch);
    std::string const before = load.terminal().read_until("asked:");
    REQUIRE(load.wait_for_exit() == Exit::with(0));
    for (std::size_t at = before.find(erased); at != before.npos;) {
        std::size_t const next = before.find(erased, at + 1);
        CHECK(std::min(next, before.size()) - at - erased.size() < 80);
        at = next;
    }
}

TEST_CASE("What is piped has no live line", "[load][system]") {
    LineServer const server({.delays = {20ms}});
    auto const ended = run(short_test(server));
    CHECK(ended.exit == Exit::with(0));
    CHECK(is_plain(ended.out));
    CHECK(is_plain(ended.err));
    CHECK(ended.out.find("of 1.5s") == std::string::npos);
}

TEST_CASE("The live line is there where standard error is a terminal, and only there",
          "[load][system]") {
    LineServer const server({.delays = {20ms}});
    SECTION("standard error") {
        auto launch = load_launch({"--clients", "3", "--duration", "60s", server.address()});
        launch.err = Stdio::terminal();
        Process load(launch);
        load.terminal().read_until(" of 60s  3 clients  ");
        load.signal(SIGINT);
        CHECK(is_plain(load.out().read_all()));
        CHECK(load.wait_for_exit() == Exit::with(0));
    }
    SECTION("standard output") {
        auto launch = short_test(server);
        launch.out = Stdio::terminal();
        Process load(launch);
        CHECK(is_plain(load.err().read_all()));
        CHECK(load.wait_for_exit() == Exit::with(0));
        CHECK(is_plain_on_terminal(load.terminal().last_words()));
    }
}

TEST_CASE("The live line is there while a load test warms up", "[load][system]") {
    LineServer const server({.delays = {20ms}});
    auto launch =
        load_launch({"--clients", "3", "--warmup", "1h", "--duration", "200ms", server.address()});
    launch.err = Stdio::terminal();
    Process load(launch);
    load.terminal().read_until("warming up  3 clients  ");
    load.signal(SIGINT);
    CHECK(load.wait_for_exit() == Exit::with(3));
}
