// Reports and their parts add up exactly.
#include "report/report.hpp"

#include "report/sample_report.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace roger {

namespace {

using test::sample_report;

std::uint64_t messages_of(Reasons const& reasons) {
    std::uint64_t sum = 0;
    for (auto const& [key, messages] : reasons.counts()) {
        sum += messages;
    }
    return sum;
}

/// Of another run.
Report another_sample_report() {
    Report report = sample_report();
    report.runs = {"another"};
    return report;
}

/// What a generator with half of the clients would have found: message `first`, and every second
/// one after it.
Report half_of_a_run(int first) {
    Report report;
    report.duration_s = 2;
    report.asked = {
        .clients = 5, .rate = 500.0, .duration_s = 2.0, .messages = {}, .ack_timeout_s = {}};
    for (int second = 0; second != 2; ++second) {
        Histogram interval;
        for (int i = first; i < 1000; i += 2) {
            std::chrono::microseconds const response(100 + i * (second + 3));
            interval.record(response);
            report.latencies.response.record(response);
            report.latencies.connect.record(response * 2);
            report.outcomes.count(i % 10 < 8 ? Outcome::acked : Outcome::timed_out);
            report.acked_in_time = report.outcomes[Outcome::acked];
            ++report.planned;
        }
        report.intervals.push_back({.begin_s = static_cast<double>(second),
                                    .length_s = 1,
                                    .acked = 400,
                                    .failed = 100,
                                    .clients = 5,
                                    .response = interval.buckets()});
    }
    return report;
}

Report with_intervals(std::vector<double> const& lengths_s) {
    Report report;
    double begin_s = 0;
    for (double const length_s : lengths_s) {
        report.intervals.push_back({.begin_s = begin_s,
                                    .length_s = length_s,
                                    .acked = 1,
                                    .failed = 0,
                                    .clients = 1,
                                    .response = {}});
        begin_s += length_s;
    }
    return report;
}

}  // namespace

TEST_CASE("The rate is of messages acked in time", "[load]") {
    Report report;
    CHECK(report.rate() == 0);
    report.outcomes.count(Outcome::acked, 35);
    report.outcomes.count(Outcome::refused, 10);
    report.acked_in_time = 30;
    report.duration_s = 2;
    CHECK(report.rate() == 15);
}

TEST_CASE("A reason is counted by its outcome and text", "[load]") {
    Reasons reasons;
    reasons.count(Outcome::refused, "full");
    reasons.count(Outcome::refused, "full", 4);
    reasons.count(Outcome::timed_out, "full", 2);
    CHECK(reasons.counts().size() == 2);
    CHECK(reasons.counts().at({Outcome::refused, "full"}) == 5);
    CHECK(reasons.counts().at({Outcome::timed_out, "full"}) == 2);
}

TEST_CASE("Of more different reasons than are kept, the rest is counted by its outcome", "[load]") {
    Reasons reasons;
    for (int i = 0; i != 100; ++i) {
        reasons.count(Outcome::wrong_answer, fmt::format("text {}", i));
        reasons.count(i < 50 ? Outcome::refused : Outcome::acked, "again");
    }
    CHECK(reasons.counts().size() == Reasons::most + 2);
    CHECK(reasons.counts().at({Outcome::wrong_answer, "text 6"}) == 1);
    CHECK(reasons.counts().at({Outcome::wrong_answer, "other texts"}) == 93);
    CHECK(reasons.counts().at({Outcome::refused, "again"}) == 50);
    CHECK(reasons.counts().at({Outcome::acked, "other texts"}) == 50);
    CHECK(messages_of(reasons) == 200);
}

TEST_CASE("Reasons that are added keep every message", "[load]") {
    Reasons left;
    Reasons right;
    for (int i = 0; i != 6; ++i) {
        left.count(Outcome::refused, fmt::format("left {}", i), 10);
        right.count(Outcome::refused, fmt::format("right {}", i), 100);
    }
    right.count(Outcome::refused, "left 0", 5);
    left.add(right);
    CHECK(left.counts().at({Outcome::refused, "left 0"}) == 15);
    CHECK(left.counts().at({Outcome::refused, "right 1"}) == 100);
    CHECK(left.counts().at({Outcome::refused, "other texts"}) == 400);
    CHECK(messages_of(left) == 665);
}

TEST_CASE("Two halves merge into the whole, bucket for bucket", "[load]") {
    Report const first = half_of_a_run(0);
    Report const second = half_of_a_run(1);
    Report const whole = merge({first, second});
    Histogram response;
    for (int length = 3; length != 5; ++length) {
        Histogram interval;
        for (int i = 0; i != 1000; ++i) {
            interval.record(std::chrono::microseconds(100 + i * length));
        }
        auto const number = static_cast<std::size_t>(length - 3);
        CHECK(whole.intervals.at(number).response == interval.buckets());
        CHECK(whole.intervals.at(number).begin_s == length - 3);
        CHECK(whole.intervals.at(number).length_s == 1);
        CHECK(whole.intervals.at(number).acked == 800);
        CHECK(whole.intervals.at(number).failed == 200);
        CHECK(whole.intervals.at(number).clients == 10);
        response.add(interval);
    }
    CHECK(whole.intervals.size() == 2);
    CHECK(whole.latencies.response == response);
    CHECK(whole.latencies.connect.count() == 2000);
    CHECK(whole.planned == 2000);
    CHECK(whole.outcomes[Outcome::acked] == 1600);
    CHECK(whole.outcomes[Outcome::timed_out] == 400);
    CHECK(
        whole.asked ==
        Asked{
            .clients = 10, .rate = 1000.0, .duration_s = 2.0, .messages = {}, .ack_timeout_s = {}});
    CHECK(whole.duration_s == 2);
    CHECK(whole.rate() == 800);
    CHECK(merge({second, first}) == whole);
}

TEST_CASE("One report merges into itself, but for what was about the part", "[load]") {
    Report expected = sample_report();
    for (auto const text : {&Generator::bottleneck, &Generator::too_few_clients}) {
        expected.generator.*text = "part 1 of 1: " + expected.generator.*text;
    }
    expected.assertions.clear();
    expected.audit.reset();
    CHECK(merge({sample_report()}) == expected);
    CHECK(merge({}) == Report());
}

TEST_CASE("Counts are added, and of times the longest is taken", "[load]") {
    Report other = another_sample_report();
    other.duration_s = 12;
    other.asked.duration_s = 12;
    other.interrupted = false;
    other.generator = {.threads = 3,
                       .cpu_s = 1,
                       .busy_share = 0.25,
                       .own_delay_p99_us = 2000,
                       .longest_stall_us = 2000,
                       .bottleneck = "a second one",
                       .too_few_clients = {}};
    other.misbehaving = {{"deaf", 2}, {"reset", 1}};
    Report const whole = merge({sample_report(), other});
    CHECK(whole.duration_s == 12);
    CHECK(whole.interrupted);
    CHECK(whole.clients == 1996);
    CHECK(whole.asked ==
          Asked{.clients = 2000,
                .rate = 40'000.0,
                .stages = {{.from_per_s = 20'000, .to_per_s = 60'000, .length_s = 4},
                           {.from_per_s = 40'000, .to_per_s = 40'000, .length_s = 6}},
                .duration_s = 12.0,
                .messages = 400'000,
                .ack_timeout_s = 10.0});
    CHECK(whole.surplus_answers == 6);
    CHECK(whole.connections == 2014);
    CHECK(whole.idle_losses == 2);
    CHECK(whole.reasons.counts().at({Outcome::refused, "error: too many clients"}) == 18);
    CHECK(whole.generator ==
          Generator{.threads = 5,
                    .cpu_s = 5.25,
                    .busy_share = 0.93,
                    .own_delay_p99_us = 2000,
                    .longest_stall_us = 2500,
                    .bottleneck = "part 1 of 2: its busiest thread was 93.0% busy",
                    .too_few_clients = "part 1 of 2: too few clients: raise --clients"});
    CHECK(whole.misbehaving ==
          std::map<std::string, std::size_t>{{"deaf", 7}, {"reset", 1}, {"slow", 10}});
    CHECK(whole.assertions.empty());
    CHECK_FALSE(whole.audit.has_value());
}

TEST_CASE("The second machine's bottleneck is named as the second's", "[load]") {
    Report first = sample_report();
    first.generator.bottleneck.clear();
    CHECK(merge({first, another_sample_report()}).generator.bottleneck ==
          "part 2 of 2: its busiest thread was 93.0% busy");
}

TEST_CASE("Texts in which reports differ are all kept", "[load]") {
    Report other = another_sample_report();
    other.title = "after";
    other.version = "0.2.0";
    other.build = "Clang 19.1.4, Asio 1.36.0";
    other.hosts.push_back({.name = "bench-2", .cpu = "aarch64", .processors = 0, .kernel = ""});
    other.started = "2026-11-22T12:25:07.999Z";
    other.address = "unix:@roger";
    other.settings = {{"--clients", "50"}, {"--rate", "20000"}, {"--ramp", "1s"}};
    Report third = sample_report();
    third.runs = {"a third"};
    Report const whole = merge({sample_report(), other, third});
    CHECK(whole.title == "before the \"change\", after");
    CHECK(whole.version == "0.1.0, 0.2.0");
    CHECK(whole.build == "GCC 12.2.0, Asio 1.36.0; Clang 19.1.4, Asio 1.36.0");
    REQUIRE(whole.hosts.size() == 2);
    CHECK(whole.hosts[0] == sample_report().hosts[0]);
    CHECK(whole.hosts[1] == other.hosts[1]);
    CHECK(whole.started == "2026-11-22T12:25:07.999Z");
    CHECK(whole.address == "tcp:localhost:51717, unix:@roger");
    CHECK(whole.settings ==
          std::vector<std::pair<std::string, std::string>>{{"--clients", "1000 | 50"},
                                                           {"--rate", "20000"},
                                                           {"--message", "say \"Grüße\""},
                                                           {"--ramp", "1s"}});
}

TEST_CASE("A title that only some reports have is the whole's", "[load]") {
    Report untitled = another_sample_report();
    untitled.title.clear();
    for (Report const& whole :
         {merge({untitled, sample_report()}), merge({sample_report(), untitled})}) {
        CHECK(whole.title == sample_report().title);
    }
}

TEST_CASE("What was not asked of all parts was not asked of the whole", "[load]") {
    Report endless = another_sample_report();
    endless.asked.duration_s.reset();
    for (Report const& whole :
         {merge({endless, sample_report()}), merge({sample_report(), endless})}) {
        CHECK_FALSE(whole.asked.duration_s.has_value());
        CHECK(whole.asked.messages == 400'000);
    }
}

TEST_CASE("A closed loop is not merged with a plan", "[load]") {
    Report closed = another_sample_report();
    closed.asked.rate.reset();
    CHECK_THROWS_AS(merge({closed, sample_report()}), std::invalid_argument);
    CHECK_THROWS_AS(merge({sample_report(), closed}), std::invalid_argument);
    Report other = sample_report();
    other.asked.rate.reset();
    CHECK_FALSE(merge({closed, other}).asked.rate.has_value());
}

TEST_CASE("Stages of other lengths have no sum", "[load]") {
    Report other = another_sample_report();
    other.asked.stages.front().length_s = 5;
    Report steady = another_sample_report();
    steady.asked.stages.clear();
    for (Report const& part : {other, steady}) {
        CHECK(merge({sample_report(), part}).asked.stages.empty());
        CHECK(merge({part, sample_report()}).asked.stages.empty());
        CHECK(merge({sample_report(), part}).asked.rate == 40'000);
    }
}

TEST_CASE("A part that ended before the others leaves their intervals unchanged", "[load]") {
    Report const whole = merge({with_intervals({1, 0.25}), with_intervals({1, 1, 1, 0.5})});
    REQUIRE(whole.intervals.size() == 4);
    CHECK(whole.intervals[1].acked == 2);
    CHECK(whole.intervals[1].length_s == 1);
    CHECK(whole.intervals[3].begin_s == 3);
    CHECK(whole.intervals[3].length_s == 0.5);
    CHECK(whole.intervals[3].acked == 1);
}

TEST_CASE("A run that is given twice is not merged with itself", "[load]") {
    CHECK_THROWS_AS(merge({sample_report(), sample_report()}), std::invalid_argument);
    Report const both = merge({sample_report(), another_sample_report()});
    CHECK(both.runs == std::vector<std::string>{"3e86e3ab2b5aa38d", "another"});
    CHECK_THROWS_AS(merge({both, sample_report()}), std::invalid_argument);
}

TEST_CASE("Reports to be merged are of the same time, as clocks go", "[load]") {
    auto const started = [](std::string const& time) {
        Report report = sample_report();
        report.started = time;
        return report;
    };
    Report const first = started("2026-11-22T23:59:58Z");
    CHECK_FALSE(apart_in_time({}));
    CHECK_FALSE(apart_in_time({first}));
    CHECK_FALSE(apart_in_time({first, started("2026-11-23T00:00:01Z"), first}));
    CHECK_FALSE(apart_in_time({first, started("some day")}));
    for (auto const& parts : {std::vector{first, first, started("2026-11-23T00:00:02Z")},
                              std::vector{started("2026-11-23T00:00:02Z"), first}}) {
        CHECK(apart_in_time(parts) ==
              "the tests did not run at the same time: one started 2026-11-22T23:59:58Z and took "
              "10s, another started 2026-11-23T00:00:02Z and took 10s; their clients and rates are "
              "added up as if they had");
    }
    Report longer = first;
    longer.duration_s = 60;
    for (auto const& parts : {std::vector{first, longer}, std::vector{longer, first}}) {
        CHECK(apart_in_time(parts).value().find(
                  "took 10s, another started 2026-11-22T23:59:58Z and took 60s") !=
              std::string::npos);
    }
}

TEST_CASE("Intervals of different lengths cannot be merged", "[load]") {
    CHECK_NOTHROW(merge({with_intervals({1, 1, 0.3}), with_intervals({0.5})}));
    CHECK_NOTHROW(merge({with_intervals({1, 1}), with_intervals({1.0001, 1.0001})}));
    CHECK_THROWS_AS(merge({with_intervals({1, 1}), with_intervals({2, 2})}), std::invalid_argument);
    CHECK_THROWS_AS(merge({with_intervals({2}), with_intervals({1, 1})}), std::invalid_argument);
}

}  // namespace roger
