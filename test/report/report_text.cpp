// The report on a terminal says what was found, and fits.
#include "report/report_text.hpp"

#include "report/sample_report.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

namespace roger {

namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using test::sample_report;

std::vector<std::string> text_lines(std::string const& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::size_t characters(std::string const& line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

void check_that_it_fits(std::string const& text) {
    CAPTURE(text);
    std::vector<std::string> const lines = text_lines(text);
    CHECK(lines.size() <= report_lines);
    for (std::string const& line : lines) {
        CHECK(characters(line) <= report_columns);
    }
    CHECK(text.back() == '\n');
}

/// An open loop in which everything went well.
Report steady_report() {
    Report report;
    report.started = "2026-11-22T12:25:08Z";
    report.address = "tcp:localhost:51717";
    report.asked = {
        .clients = 1000, .rate = 20'000.0, .duration_s = 10.0, .messages = {}, .ack_timeout_s = {}};
    report.clients = 1000;
    report.duration_s = 10;
    report.planned = 199'980;
    report.outcomes.count(Outcome::acked, 199'980);
    report.acked_in_time = report.outcomes[Outcome::acked];
    report.connections = 1000;
    report.sent_bytes = 4'800'000;
    report.received_bytes = 3'799'620;
    report.latencies.response.add({.value_us = 1240, .count = 199'980});
    report.latencies.service.add({.value_us = 812, .count = 199'980});
    report.latencies.lateness.add({.value_us = 7, .count = 199'980});
    report.latencies.connect.add({.value_us = 2'048'000, .count = 1000});
    report.generator = {.threads = 2,
                        .cpu_s = 1.9998,
                        .busy_share = 0.125,
                        .own_delay_p99_us = 35,
                        .longest_stall_us = 0,
                        .bottleneck = {},
                        .too_few_clients = {}};
    return report;
}

/// With as much of everything as there can be.
Report endless_report() {
    Report report = sample_report();
    std::string const words(50, 'w');
    std::string prose;
    for (int i = 0; i != 30; ++i) {
        prose += fmt::format("word {} ", i);
    }
    report.title = report.build = prose;
    report.hosts.assign(20, {.name = words, .cpu = words, .processors = 2, .kernel = words});
    report.address = "unix:/" + words + words + words;
    report.generator.bottleneck = report.generator.too_few_clients = prose;
    report.generator.own_delay_p99_us = 1'000'000'000'000;
    report.generator.threads = 1'000'000;
    for (int i = 0; i != 50; ++i) {
        report.reasons.count(static_cast<Outcome>(static_cast<std::size_t>(i) % outcome_count),
                             fmt::format("{} {}", i, prose), 1'000'000'000'000);
        report.assertions.push_back(
            {.text = words,
             .measured = prose,
             .verdict = i % 2 == 0 ? LoadVerdict::held : LoadVerdict::not_held});
        report.audit->examples.push_back(prose);
        report.misbehaving[fmt::format("kind {}", i)] = 1000;
    }
    for (std::size_t i = 0; i != outcome_count; ++i) {
        report.outcomes.count(static_cast<Outcome>(i), 1'000'000'000'000);
    }
    report.planned = report.outcomes.sum();
    report.audit->file = words + words + words;
    report.asked.messages = 1'000'000'000'000'000;
    return report;
}

}  // namespace

TEST_CASE("A good run's report is short", "[load]") {
    CHECK(to_text(steady_report()) ==
          R"(asked: 1,000 clients, 20,000/s, 10s   got: 1,000 clients, 19,998/s, 10.0s
tcp:localhost:51717, started 2026-11-22T12:25:08Z

            mean   stdev     min     p50     p90     p99   p99.9  p99.99     max
response  1.24ms     0µs  1.24ms  1.24ms  1.24ms  1.24ms  1.24ms  1.24ms  1.24ms
service    812µs     0µs   812µs   812µs   812µs   812µs   812µs   812µs   812µs
lateness     7µs     0µs     7µs     7µs     7µs     7µs     7µs     7µs     7µs
connect    2.05s     0µs   2.05s   2.05s   2.05s   2.05s   2.05s       -   2.05s
(response: planned to acked, service: sent to acked, lateness: planned to sent)

acked                  199,980  100%
planned 199,980 = acked 199,980

connections: 1,000 made
traffic: 480 kB/s sent, 380 kB/s received
generator: 2 threads, 12.5% busy, adds 35µs (p99), 10µs of CPU per ack
)");
}

TEST_CASE("A report says what the run was called, what made it, and on which machine", "[load]") {
    Report report = steady_report();
    report.title = "after the change";
    report.version = "0.1.0";
    report.build = "GCC 12.2.0, Asio 1.36.0";
    report.hosts = {
        {.name = "bench-1", .cpu = "AMD EPYC 7B13", .processors = 2, .kernel = "Linux 6.18.5"}};
    std::string const text = to_text(report);
    CHECK_THAT(text, StartsWith("after the change\nasked: 1,000 clients"));
    CHECK_THAT(text,
               ContainsSubstring("\ntcp:localhost:51717, started 2026-11-22T12:25:08Z by Roger "
                                 "0.1.0 (GCC 12.2.0,\n  Asio 1.36.0)\n"));
    CHECK_THAT(text, EndsWith("of CPU per ack\nhost: bench-1, AMD EPYC 7B13, 2 processors, Linux "
                              "6.18.5\n"));
    report.hosts.push_back({.name = "bench-2", .cpu = "", .processors = 1, .kernel = ""});
    CHECK_THAT(to_text(report), EndsWith("of CPU per ack\nhosts: bench-1, bench-2\n"));
}

TEST_CASE("A closed loop has no lateness", "[load]") {
    Report report = steady_report();
    report.asked.rate.reset();
    report.asked.duration_s.reset();
    report.asked.messages = 199'980;
    std::string const text = to_text(report);
    CHECK_THAT(text,
               ContainsSubstring("asked: 1,000 clients, closed loop, 199,980 messages   got"));
    CHECK_THAT(text, !ContainsSubstring("lateness"));
}

TEST_CASE("A run that measured nothing has a report without figures", "[load]") {
    std::string const text = to_text(Report());
    CHECK_THAT(text, ContainsSubstring("response       -       -       -       -"));
    CHECK_THAT(text, ContainsSubstring("\nplanned 0\n"));
    check_that_it_fits(text);
}

TEST_CASE("Every outcome has its share and its reasons, the most frequent first", "[load]") {
    CHECK_THAT(to_text(sample_report()), ContainsSubstring(R"(
acked                  199,938  99.98%
refused                     12  0.006%
                             9    error: too many clients
                             3    error: message too long
wrong answer                10  0.005%
                            10    \x1b[2Jgone
timed out                    8  0.004%
connection lost              6  0.003%
never connected              4  0.002%
                             4    Connection refused
unsent                       2  0.001%
planned 199,980 = acked 199,938 + refused 12 + wrong answer 10 + timed out 8 +
  connection lost 6 + never connected 4 + unsent 2
)"));
}

TEST_CASE("Outcomes that do not add up are no sum", "[load]") {
    Report report = steady_report();
    report.planned += 1;
    CHECK_THAT(to_text(report),
               ContainsSubstring("planned 199,981, but the outcomes add up to 199,980: a fault of "
                                 "load itself\n"));
}

TEST_CASE("A bottleneck is a warning with a remedy", "[load]") {
    Report report = sample_report();
    CHECK_THAT(to_text(report), ContainsSubstring(R"(
WARNING: load was held up itself: its busiest thread was 93.0% busy
  Times may be shorter than shown. Remedy: a quieter machine, more --threads, or
  a lower --rate
WARNING: too few clients: raise --clients
)"));
    report.asked.rate.reset();
    CHECK_THAT(to_text(report), ContainsSubstring("more --threads, or\n  fewer --clients\n"));
    CHECK_THAT(to_text(steady_report()), !ContainsSubstring("WARNING"));
}

TEST_CASE("A stall of the load tester is told where figures may be made of it", "[load]") {
    Report report = steady_report();  // the longest response took 1.24 ms
    report.latencies.response.add({.value_us = 50'000, .count = 1});
    report.generator.longest_stall_us = 24'000;
    CHECK_THAT(to_text(report), !ContainsSubstring("stall"));
    report.generator.longest_stall_us = 26'000;
    CHECK_THAT(to_text(report), ContainsSubstring("\ngenerator: 2 threads, 12.5% busy, longest "
                                                  "stall 26.0ms, adds 35µs (p99), 10µs of\n"
                                                  "  CPU per ack\n"));
    report.latencies.response.add({.value_us = 10'000'000, .count = 1});
    CHECK_THAT(to_text(report), !ContainsSubstring("stall"));
    report.generator.longest_stall_us = 100'000;  // a hundredth of the run
    CHECK_THAT(to_text(report), ContainsSubstring("longest stall 100ms"));
    Report quick = steady_report();
    quick.generator.longest_stall_us = 999;
    CHECK_THAT(to_text(quick), !ContainsSubstring("stall"));
}

TEST_CASE("Where nothing was acked the load tester added nothing to a response", "[load]") {
    Report report = steady_report();
    report.outcomes = {};
    report.outcomes.count(Outcome::wrong_answer, 199'980);
    report.latencies.response.clear();
    CHECK_THAT(to_text(report), EndsWith("\ngenerator: 2 threads, 12.5% busy\n"));
    report.generator.longest_stall_us = 200'000;
    CHECK_THAT(to_text(report), EndsWith("% busy, longest stall 200ms\n"));
}

TEST_CASE("An interrupted run says so", "[load]") {
    CHECK_THAT(to_text(sample_report()),
               ContainsSubstring("\ninterrupted: this is what was measured until then\n"));
    CHECK_THAT(to_text(steady_report()), !ContainsSubstring("interrupted"));
}

TEST_CASE("Faults of the server, audit and assertions are told", "[load]") {
    CHECK_THAT(to_text(sample_report()), ContainsSubstring(R"(
connections: 1,007 made, 1 lost with no message in flight
surplus: 3 answers that no message asked for, a fault of the server
misbehaving besides: 5 deaf, 10 slow
traffic: 500 kB/s sent, 400 kB/s received
generator: 2 threads, 93.0% busy, adds 1.80ms (p99), 21.3µs of CPU per ack
host: bench-1, AMD EPYC 7B13, 2 processors, Linux 6.18.5
FAILED audit of out.log: 199,940 acked, 199,941 written, 1 acked but not
  written, 2 written twice, 3 out of order, 5 damaged; 4 written but not acked,
  which is no fault
         message 7 of client 3 was acked but not written
FAILED p99<5ms: 6.1ms
held   failed=42: 42
)"));
}

TEST_CASE("An audit without faults held", "[load]") {
    Report report = steady_report();
    report.audit = AuditResult{.file = "out.log", .acked = 1000, .written = 1000, .examples = {}};
    CHECK_THAT(to_text(report),
               ContainsSubstring("\nheld   audit of out.log: 1,000 acked, 1,000 written\n"));
}

TEST_CASE("The most that can be reported has an end", "[load]") {
    std::string const text = to_text(endless_report());
    check_that_it_fits(text);
    CHECK(text_lines(text).size() == report_lines);
    CHECK_THAT(text, ContainsSubstring("for reasons that do not fit here\n"));
    CHECK_THAT(text, ContainsSubstring("       and 47 more: 26 held, 21 FAILED\n"));
    check_that_it_fits(to_text(sample_report()));
}

TEST_CASE("Wide characters are counted as wide", "[load]") {
    Report report = steady_report();
    report.address.clear();
    for (int i = 0; i != 60; ++i) {
        report.address += "東";
    }
    CHECK(text_lines(to_text(report)).at(1) == report.address.substr(0, 39 * 3) + "…");
}

TEST_CASE("What is not safe on a terminal is escaped, and what is escaped is not escaped again",
          "[load]") {
    Report report = sample_report();
    report.title = "\x1b[2J";
    report.hosts.front().cpu = "\x1b[31m";
    report.address = "unix:\x1b[2J";
    report.audit->file = "C:\\out \xff";
    std::string const text = to_text(report);
    CHECK_THAT(text, StartsWith("\\x1b[2J\n"));
    CHECK_THAT(text, ContainsSubstring("\nhost: bench-1, \\x1b[31m, 2 processors"));
    CHECK_THAT(text, ContainsSubstring("\nunix:\\x1b[2J, started"));
    CHECK_THAT(text, ContainsSubstring("audit of C:\\\\out \\xff: "));
    CHECK_THAT(text, ContainsSubstring("    \\x1b[2Jgone\n"));
}

}  // namespace roger
