// Wrong use of load: each mistake is answered by a sentence that names it, and by the right status.
#include "support/line_server.hpp"
#include "support/load_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace roger::test;
using Catch::Matchers::ContainsSubstring;

namespace {

using Words = std::vector<std::string>;

struct LoadMistake {
    Words arguments;
    Words named;  ///< what the sentence has to name: the thing, the reason, the remedy
};

constexpr int usage_error = 2;
constexpr int no_verdict = 3;

/// One sentence on standard error, nothing on standard output.
void check_sentence(Launch launch, Words const& named, int status) {
    // Where no name server answers, that takes a second and not half a minute.
    launch.environment.emplace_back("RES_OPTIONS", "timeout:1 attempts:1");
    auto const ended = run(launch);
    CAPTURE(fmt::format("{}", launch.arguments), ended.err);
    CHECK(ended.exit == Exit::with(status));
    CHECK(ended.out.empty());
    CHECK(std::ranges::count(ended.err, '\n') == 1);
    CHECK(ended.err.ends_with('\n'));
    CHECK(ended.err.starts_with("load: "));
    for (std::string const& word : named) {
        CAPTURE(word);
        CHECK(ended.err.find(word) != std::string::npos);
    }
}

void check_wrong(std::vector<LoadMistake> const& mistakes) {
    for (LoadMistake const& mistake : mistakes) {
        check_sentence(load_launch(mistake.arguments), mistake.named, usage_error);
    }
}

/// Options before an address at which nobody is asked for anything.
void check_wrong_options(std::vector<LoadMistake> mistakes) {
    for (LoadMistake& mistake : mistakes) {
        mistake.arguments.emplace_back("127.0.0.1:1");
    }
    check_wrong(mistakes);
}

}  // namespace

TEST_CASE("A load test without a usable address says so", "[load][usage-error][system]") {
    check_wrong({
        {{}, {"ADDRESS", "HOST PORT"}},
        {{"--clients", "5"}, {"ADDRESS", "HOST PORT"}},
        {{"127.0.0.1:0"}, {"port", "HOST PORT"}},
        {{"127.0.0.1", "0"}, {"port"}},
        {{"51717"}, {"host", "HOST:PORT"}},
        {{"127.0.0.1"}, {"127.0.0.1", "has no port", "HOST:PORT"}},
        {{"127.0.0.1:65536"}, {"65536"}},
        {{"127.0.0.1", "abc"}, {"abc"}},
        {{"unix:"}, {"unix:"}},
        {{"127.0.0.1", "1", "2"}, {"ADDRESS", "2"}},
    });
}

TEST_CASE("A load test with a wrong amount says so", "[load][usage-error][system]") {
    check_wrong_options({
        {{"--clients", "0"}, {"--clients", "0", "1"}},
        {{"--clients", "many"}, {"--clients", "many"}},
        {{"--clients", "-1"}, {"--clients"}},
        {{"--threads", "0"}, {"--threads"}},
        {{"--threads", "5", "--clients", "4"}, {"--threads 5", "clients", "4"}},
        {{"--messages", "0"}, {"--messages"}},
        {{"--messages", "1.5"}, {"--messages", "1.5"}},
        {{"--messages", "99999999999", "--rate", "1"}, {"--messages 99999999999", "hundred years"}},
        {{"--messages", "5", "--duration", "1s"}, {"--messages", "--duration"}},
        {{"--duration", "5"}, {"--duration", "'5' has no unit", "5s"}},
        {{"--duration", "0s"}, {"--duration", "0s", "1ms"}},
        {{"--warmup", "soon"}, {"--warmup", "soon"}},
        {{"--ramp", "1"}, {"--ramp", "no unit"}},
        {{"--ack-timeout", "0s"}, {"--ack-timeout"}},
        {{"--connect-timeout", "x"}, {"--connect-timeout", "x"}},
        {{"--rate", "0"}, {"--rate", "0"}},
        {{"--rate", "-5"}, {"--rate"}},
        {{"--rate", "fast"}, {"--rate", "fast"}},
        {{"--rate", "1000-5000"}, {"--rate", "1000-5000:10s"}},
        {{"--arrivals", "poisson"}, {"--arrivals", "--rate"}},
        {{"--rate", "5", "--arrivals", "odd"}, {"--arrivals", "'odd'", "even, poisson"}},
        {{"--pipeline", "0"}, {"--pipeline"}},
        {{"--pipeline", "65537"}, {"--pipeline", "65536"}},
        {{"--reconnect=0"}, {"--reconnect", "0"}},
        {{"--reconnect=-1"}, {"--reconnect", "-1"}},
        {{"--reconnect=often"}, {"--reconnect", "often"}},
        {{"--reconnect="}, {"--reconnect="}},
        {{"--nonsense"}, {"--nonsense"}},
        {{"--nonsense", "value"}, {"--nonsense"}},
    });
    check_wrong({{{"--nonsense"}, {"--nonsense"}},
                 {{"merge", "--clients", "1", "FILE"}, {"--clients"}},
                 {{"diff", "--nonsense="}, {"--nonsense"}}});
}

TEST_CASE("A load test with wrong messages says so", "[load][usage-error][system]") {
    TempDir const directory;
    write_file(directory / "empty", "");
    write_file(directory / "lines", "a\nb\n");
    check_wrong_options({
        {{"--size", "0B"}, {"--size", "0B"}},
        {{"--size", "-1B"}, {"--size", "-1B"}},
        {{"--size", "10XB"}, {"--size", "10XB"}},
        {{"--size", "20-10"}, {"--size", "20-10", "lower value first"}},
        {{"--think-time", "5"}, {"--think-time", "5ms"}},
        {{"--rate", "fast"}, {"--rate", "fast", "10k"}},
        {{"--rate", "1k:1s", "--duration", "2s"}, {"--duration", "stages"}},
        {{"--message", "a", "--weights", "1,2"}, {"--weights", "each --message"}},
        {{"--message", "a", "--weights", "nan"}, {"--weights", "'nan' is no number"}},
        {{"--message", "a", "--weights", "inf"}, {"--weights"}},
        {{"--seed", "-1"}, {"--seed"}},
        {{"--seed="}, {"--seed"}},
        {{"--seed", "99999999999999999999"}, {"--seed"}},
        {{"--greeting=0"}, {"--greeting"}},
        {{"--json", directory / "x", "--html", directory / "x"},
         {directory / "x", "a file of its own"}},
        {{"--start-at", "2020-01-01T00:00:00Z"}, {"--start-at", "to begin has passed"}},
        {{"--start-at", "noon"}, {"--start-at", "noon", "2026-11-26T12:00:00Z"}},
        {{"--size", "10B", "--message", "x"}, {"--size", "--message"}},
        {{"--message", "x", "--messages-from", directory / "lines"},
         {"--message", "--messages-from"}},
        {{"--size", "10B", "--messages-from", directory / "lines"}, {"--size", "--messages-from"}},
        {{"--message", "two\nlines"}, {R"(two\x0alines)", "newline"}},
        {{"--message", "abc\r"}, {R"(abc\x0d)", "carriage return", "--line-ending crlf"}},
        {{"--audit="}, {"--audit", "name of a file"}},
        {{"--audit", "/dev/zero"}, {"--audit", "'/dev/zero'", "as a file"}},
        {{"--audit", directory / "none"}, {"--audit", directory / "none"}},
        {{"--messages-from="}, {"--messages-from"}},
        {{"--messages-from", directory / "none"}, {"--messages-from", directory / "none"}},
        {{"--messages-from", directory / "empty"}, {"--messages-from", directory / "empty"}},
        {{"--messages-from", directory.path()}, {"--messages-from", directory.path()}},
        {{"--line-ending", "cr"}, {"--line-ending", "'cr'", "lf, crlf"}},
        {{"--audit", directory / "empty", "--size", "10B"}, {"--size", "10B", "69"}},
        {{"--audit", directory / "empty", "--creds", directory / "empty"},
         {"--creds", "--audit nats://HOST:PORT/SUBJECT, not for a file"}},
        {{"--creds", directory / "empty"}, {"--creds requires --audit"}},
        {{"--audit", "nats://h1:x/LOG"}, {"--audit", "a port is not a number from 1 to 65535"}},
    });
}

TEST_CASE("An address for NATS that is none is refused without its password",
          "[load][usage-error][system]") {
    for (std::string const address :
         {"NATS://me:secret@h1/LOG", "http://secret@h1/LOG", "nats:/me:secret%40h1/LOG",
          "me:secret@h1/LOG", "secret@h1/LOG", "nats://me:secret@h1:x/LOG",
          "nats://me:secret%40h1:4222", "nats://me:secret/LOG", "nats://me:secret/x@h1:4222"}) {
        CAPTURE(address);
        Run const refused = run(load_launch({"--audit", address, "localhost:1"}));
        CHECK(refused.exit == Exit::with(usage_error));
        CHECK_THAT(refused.err, ContainsSubstring("--audit: ") &&
                                    ContainsSubstring("nats://HOST:PORT") &&
                                    !ContainsSubstring("secret"));
    }
}

TEST_CASE("A load test with wrong clients says so", "[load][usage-error][system]") {
    check_wrong_options({
        {{"--source", "abc"}, {"--source", "'abc'", "10.0.0.1-10.0.0.9"}},
        {{"--source", "127.0.0.1-"}, {"--source", "127.0.0.1-"}},
        {{"--source", "127.0.0.5-127.0.0.2"}, {"--source", "127.0.0.5", "lower address first"}},
        {{"--source", "127.0.0.1-::1"}, {"--source", "::1", "one family"}},
        {{"--source", "10.0.0.0-10.255.0.0"}, {"--source", "million"}},
        {{"--misbehave", "silnt=3"}, {"--misbehave", "'silnt=3'", "silent, slow, deaf"}},
        {{"--misbehave", "silent"}, {"--misbehave", "'silent'", "KIND=N"}},
        {{"--misbehave", "silent=x"}, {"--misbehave", "'silent=x'", "KIND=N"}},
        {{"--misbehave", "silent=1,=2"}, {"--misbehave", "'=2'"}},
        {{"--misbehave", "silent="}, {"--misbehave", "'silent='"}},
    });
}

TEST_CASE("A number of misbehaving clients that cannot be is refused",
          "[load][usage-error][system]") {
    // The name is looked up before any of them is made.
    for (std::string const count : {"-1", "18446744073709551615", "18446744073709551616"}) {
        check_sentence(load_launch({"--misbehave", "silent=" + count, "no-such-host.invalid:1"}),
                       {"--misbehave", "silent=" + count}, usage_error);
    }
}

TEST_CASE("A load test with a wrong objective says so", "[load][usage-error][system]") {
    for (std::string const option : {"--assert", "--find"}) {
        check_wrong_options({
            {{option, "p99"}, {option, "'p99'", "compares nothing", "p99<5ms"}},
            {{option, "p99<5"}, {option, "'p99<5'", "without a unit", "5ms"}},
            {{option, "p101<5ms"}, {option, "p101"}},
            {{option, "p99<=>5ms"}, {option, "p99<=>5ms"}},
            {{option, "speed<5ms"}, {option, "speed"}},
            {{option, "failed<x%"}, {option, "failed<x%"}},
            {{option, "p99<5ms,nonsense=1"}, {option, "nonsense"}},
            {{option, ""}, {option}},
        });
    }
    TempDir const directory;
    write_file(directory / "output", "");
    check_wrong_options({
        {{"--find", "p99<5ms", "--assert", "failed=0"}, {"--find", "--assert"}},
        {{"--find", "p99<5ms", "--messages", "5"}, {"--find", "--messages"}},
        {{"--find", "p99<5ms", "--think-time", "5ms"}, {"--find", "--think-time"}},
        {{"--find", "p99<5ms", "--duration", "none"}, {"--find", "--duration"}},
        {{"--find", "p99<5ms", "--audit", directory / "output"}, {"--find", "--audit"}},
        {{"--find", "p99<5ms", "--title", "capacity"}, {"--find", "--title"}},
    });
}

TEST_CASE("Reports that cannot be read are named", "[load][usage-error][system]") {
    TempDir const directory;
    LineServer const server({});
    auto const good = run_load({"--clients", "1", "--messages", "1", server.address()}).report;
    REQUIRE(good.is_object());
    write_file(directory / "good", good.dump());
    write_file(directory / "empty", "");
    write_file(directory / "text", "no JSON at all\n");
    write_file(directory / "list", "[1, 2, 3]");
    write_file(directory / "object", R"({"name": "something else"})");
    auto changed = good;
    changed["roger_load_report"] = 999;
    write_file(directory / "newer", changed.dump());
    changed = good;
    changed.erase("planned");
    write_file(directory / "without", changed.dump());
    changed = good;
    changed["outcomes"]["acked"] = "five";
    write_file(directory / "wrong", changed.dump());
    write_file(directory / "cut", good.dump().substr(0, 200));
    write_file(directory / "huge", R"({"roger_load_report": 1e400})");

    for (std::string const work : {"merge", "diff"}) {
        std::vector<LoadMistake> mistakes;
        for (std::string const name : {"none", "empty", "text", "list", "object", "newer",
                                       "without", "wrong", "cut", "huge"}) {
            mistakes.push_back({{work, directory / "good", directory / name}, {directory / name}});
        }
        mistakes[0].named.emplace_back("No such file");
        mistakes[5].named.emplace_back("999");
        mistakes[6].named.emplace_back("planned");
        mistakes[7].named.emplace_back("acked");
        mistakes[9].named.emplace_back("too large");
        mistakes.push_back({{work, directory / "good", directory.path()}, {directory.path()}});
        check_wrong(mistakes);
    }
    for (std::string const option : {"--assert", "--find"}) {
        check_wrong({{{option, "p99<1us", "merge", directory / "good", directory / "good"},
                      {option, "merge"}}});
    }
    check_wrong(
        {{{"--title", "x", "diff", directory / "good", directory / "good"}, {"--title", "diff"}},
         {{"--rate", "5", "diff", directory / "good", directory / "good"}, {"--rate", "diff"}}});
    check_wrong({{{"--csv", directory / "csv", "merge", directory / "none"},  // merge has it too
                  {directory / "none", "No such file"}},
                 {{"merge"}, {"FILE"}},
                 {{"diff"}, {"OLD NEW"}},
                 {{"diff", directory / "good"}, {"OLD NEW"}},
                 {{"diff", directory / "good", directory / "good", directory / "good"},
                  {"of 3", "OLD NEW", "--new"}},
                 {{"diff", directory / "good", "--", directory / "good", directory / "good"},
                  {"of 3", "OLD NEW", "--new"}},
                 {{"diff", "--new", directory / "good"}, {"OLD NEW"}},
                 {{"diff", directory / "good", "--new"}, {"--new"}},
                 {{"diff", directory / "good", "--new", directory / "good", directory / "good"},
                  {"new reports 1 and 2", "same"}}});
}

TEST_CASE("More clients than may have files are refused before any has connected",
          "[load][usage-error][system]") {
    LineServer const server({});
    auto launch = load_launch({"--clients", "1000", "--messages", "1000", server.address()});
    launch.open_files = 200;
    check_sentence(launch, {"1000 clients", "200", "ulimit -n 10", "--clients", "load merge"},
                   no_verdict);
    launch.arguments = {"--clients", "10", "--misbehave", "silent=990", server.address()};
    check_sentence(launch, {"1000 clients", "200"}, no_verdict);
    CHECK(server.connections() == 0);
}

TEST_CASE("A limit of open files that may be raised is raised", "[load][system]") {
    LineServer const server({.delays = {Duration(20)}});
    auto launch = load_launch({"--clients", "100", "--messages", "100", server.address()});
    launch.open_files_soft = 50;
    auto const ended = run(launch);
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit == Exit::with(0));
    CHECK(server.connections() == 100);
}

TEST_CASE("A host that nobody knows has no verdict", "[load][usage-error][system]") {
    check_sentence(load_launch({"no-such-host.invalid", "1"}), {"no-such-host.invalid"},
                   no_verdict);
    check_sentence(load_launch({"--find", "p99<5ms", "no-such-host.invalid:1"}),
                   {"no-such-host.invalid"}, no_verdict);
}

TEST_CASE("A report that cannot be written is told before the test",
          "[load][usage-error][system]") {
    LineServer const server({});
    for (std::string const option : {"--json", "--hgrm", "--html"}) {
        check_sentence(
            load_launch({option + '=', "--messages", "1", "--clients", "1", server.address()}),
            {option, "name of a file"}, usage_error);
        check_sentence(load_launch({option, "/nonexistent/report", "--messages", "1", "--clients",
                                    "1", server.address()}),
                       {option + ": cannot write /nonexistent/report: No such file"}, usage_error);
    }
    CHECK(server.connections() == 0);
}

TEST_CASE("Two reports have no file in common", "[load][usage-error][system]") {
    LineServer const server({});
    TempDir const directory;
    std::string const file = directory / "report";
    check_sentence(load_launch({"--html", file, "--csv", directory / "csv", "--json", file,
                                "--messages", "1", server.address()}),
                   {"--json and --html: both reports would be written to " + file}, usage_error);
    CHECK(server.connections() == 0);
}

TEST_CASE("A report that turns out not to be writable is printed first",
          "[load][usage-error][system]") {
    LineServer const server({.delays = {Duration(100)}});
    for (std::string const option : {"--json", "--hgrm", "--html"}) {
        auto const ended = run(load_launch(
            {option, "/dev/full", "--messages", "1", "--clients", "1", server.address()}));
        CAPTURE(option, ended.err);
        CHECK(ended.exit == Exit::with(no_verdict));
        CHECK(ended.out.find("planned 1 = acked 1") != std::string::npos);
        CHECK(ended.err ==
              "load: " + option + ": cannot write /dev/full: No space left on device\n");
    }
}

TEST_CASE("A report that cannot be printed is an error", "[load][usage-error][system]") {
    LineServer const server({});
    auto launch = load_launch({"--messages", "1", "--clients", "1", server.address()});
    launch.out = Stdio::file("/dev/full");
    auto const ended = run(launch);
    CHECK(ended.exit == Exit::with(no_verdict));
    CHECK(ended.err.find("standard output") != std::string::npos);
}

TEST_CASE("load explains itself", "[load][usage-error][system]") {
    for (Words const& arguments :
         {Words{"--help"}, Words{"--version"}, Words{"merge", "--help"}, Words{"diff", "--help"}}) {
        CAPTURE(fmt::format("{}", arguments));
        auto const shown = run(load_launch(arguments));
        CHECK(shown.exit == Exit::with(0));
        CHECK(shown.out.ends_with('\n'));
        CHECK(shown.err.empty());
    }
    auto const help = run(load_launch({"--help"})).out;
    for (std::string const word : {"HOST PORT",
                                   "ADDRESS",
                                   "merge",
                                   "diff",
                                   "--clients",
                                   "--duration",
                                   "--messages ",
                                   "--warmup",
                                   "--ramp",
                                   "--threads",
                                   "--connect-timeout",
                                   "--ack-timeout",
                                   "--rate",
                                   "--arrivals",
                                   "--pipeline",
                                   "--reconnect",
                                   "--message ",
                                   "--size",
                                   "--messages-from",
                                   "--line-ending",
                                   "--expect",
                                   "--source",
                                   "--misbehave",
                                   "--assert",
                                   "--find",
                                   "--audit",
                                   "--title",
                                   "--json",
                                   "--hgrm",
                                   "--html",
                                   "Exit status"}) {
        CAPTURE(word);
        CHECK(help.find(word) != std::string::npos);
    }
    // What the parser's notation looks like, and no option's name.
    CHECK(help.find('{') == help.find("{client}"));
}
