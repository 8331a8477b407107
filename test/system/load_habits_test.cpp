// What those who know wrk, oha and hey, or a shell, expect.
#include "support/files.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <vector>

using namespace roger::test;

TEST_CASE("The short options are those of wrk, oha and hey, and k is a thousand",
          "[load][system]") {
    LineServer const server({});
    auto const timed =
        run_load({"-c", "3", "-t", "2", "-d", "300ms", "-R", "0.1k", server.address()});
    CAPTURE(timed.out, timed.err);
    nlohmann::json const& asked = timed.report.at("asked");
    CHECK(asked.at("clients") == 3);
    CHECK(asked.at("rate_per_s") == 100);
    CHECK(asked.at("duration_s") == 0.3);
    CHECK(timed.report.at("generator").at("threads") == 2);
    CHECK(timed.planned() == 30);
    auto const counted = run_load({"-c", "2", "-n", "1k", server.address()});
    CAPTURE(counted.out, counted.err);
    CHECK(counted.outcome("acked") == 1000);
}

TEST_CASE("Messages may come from standard input", "[load][system]") {
    std::multiset<std::string> heard;
    LineServer server({.answer = [&heard](std::size_t, std::string const& message) {
        heard.insert(message);
        return LineServer::Reply{};
    }});
    TempDir const directory;
    write_file(directory / "lines", "first\nsecond\nthird");
    auto launch = load_launch(
        {"--messages-from", "-", "--clients", "1", "--messages", "6", server.address()});
    launch.in = Stdio::file(directory / "lines");
    CHECK(run(launch).exit == Exit::with(0));
    server.wait_for_messages(6);
    CHECK(heard ==
          std::multiset<std::string>{"first", "first", "second", "second", "third", "third"});
}
