// Reports, what they amount to, and why.
#include "report/verdict.hpp"

#include "report/objective.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <stdexcept>
#include <string_view>

namespace roger {

namespace {

using Sentences = std::vector<std::string>;

/// A thousand messages, that many of which timed out and were refused. The others were acked after
/// 6.1 ms.
Report report_with(std::uint64_t timed_out, std::uint64_t refused) {
    Report report;
    report.asked.rate = 1000;
    report.duration_s = 1;
    report.planned = 1000;
    report.outcomes.count(Outcome::timed_out, timed_out);
    report.outcomes.count(Outcome::refused, refused);
    report.outcomes.count(Outcome::acked, 1000 - timed_out - refused);
    report.acked_in_time = report.outcomes[Outcome::acked];
    report.acked_but_for_delay = report.acked_in_time;
    auto const acked = static_cast<std::int64_t>(report.outcomes[Outcome::acked]);
    for (auto* const latencies : {&report.latencies, &report.lower_bounds}) {
        latencies->response.add({.value_us = 6100, .count = acked});
        latencies->service.add({.value_us = 6100, .count = acked});
    }
    return report;
}

Report asserting(Report report, std::string_view objectives) {
    for (Objective const& objective : parse_objectives(objectives)) {
        report.assertions.push_back(objective.judge(report));
    }
    return report;
}

}  // namespace

TEST_CASE("A report without failures holds", "[verdict][load]") {
    CHECK(verdict_of(report_with(0, 0)) == LoadVerdict::held);
    CHECK(errors_in(report_with(0, 0)).empty());
}

TEST_CASE("The verdicts are the exit statuses", "[verdict][load]") {
    CHECK(static_cast<int>(LoadVerdict::held) == 0);
    CHECK(static_cast<int>(LoadVerdict::not_held) == 1);
    CHECK(static_cast<int>(LoadVerdict::none) == 3);
}

TEST_CASE("Each assertion that does not hold is named with its reason", "[verdict][load]") {
    Report const report = asserting(report_with(0, 0), "p99<5ms,mean<1s,rate>=2000,connect.max<1s");
    CHECK(verdict_of(report) == LoadVerdict::not_held);
    CHECK(errors_in(report) ==
          Sentences{"p99<5ms does not hold: p99 is 6.10ms",
                    "rate>=2000 does not hold: rate is 1,000/s",
                    "connect.max<1s does not hold: connect.max is unknown, since no connection was "
                    "made"});
}

TEST_CASE("Failures that nothing was asserted about do not hold", "[verdict][load]") {
    CHECK(verdict_of(report_with(10, 2)) == LoadVerdict::not_held);
    CHECK(errors_in(report_with(10, 2)) ==
          Sentences{"12 of 1,000 messages were not acked: 2 refused, 10 timed out"});
    CHECK(errors_in(asserting(report_with(1, 0), "p99<1s")) ==
          Sentences{"1 of 1,000 messages was not acked: 1 timed out"});
}

TEST_CASE("An assertion about failures decides about them", "[verdict][load]") {
    CHECK(verdict_of(asserting(report_with(10, 2), "failed<2%")) == LoadVerdict::held);
    CHECK(verdict_of(asserting(report_with(10, 2), "timed_out<=10,refused<5")) ==
          LoadVerdict::held);
    CHECK(errors_in(asserting(report_with(10, 2), "failed=0")) ==
          Sentences{"failed=0 does not hold: failed is 12"});
}

TEST_CASE("An assertion about one outcome allows no other", "[verdict][load]") {
    Report const report = asserting(report_with(10, 2), "timed_out<=10");
    CHECK(verdict_of(report) == LoadVerdict::not_held);
    CHECK(errors_in(report) == Sentences{"2 of 1,000 messages were not acked: 2 refused"});
}

TEST_CASE("Answers to no message do not hold unless they are allowed", "[verdict][load]") {
    Report report = report_with(0, 0);
    report.surplus_answers = 3;
    CHECK(verdict_of(report) == LoadVerdict::not_held);
    CHECK(errors_in(report) == Sentences{"3 lines came that answered no message"});
    CHECK(verdict_of(asserting(report, "failed=0")) == LoadVerdict::not_held);
    CHECK(verdict_of(asserting(report, "surplus_answers<5")) == LoadVerdict::held);
}

TEST_CASE("What an audit finds does not hold unless it is no fault", "[verdict][load]") {
    Report report = report_with(0, 0);
    AuditResult& audit = report.audit.emplace();
    audit.file = "out\n.log";
    audit.written_not_acked = 5;
    CHECK(verdict_of(report) == LoadVerdict::held);

    audit.acked_not_written = 2;
    audit.written_twice = 1;
    audit.out_of_order = 3;
    audit.damaged = 4;
    CHECK(verdict_of(report) == LoadVerdict::not_held);
    CHECK(errors_in(report) == Sentences{"2 messages were acked but not written, says out\\x0a.log",
                                         "1 message was written twice, says out\\x0a.log",
                                         "3 messages were written out of order, says out\\x0a.log",
                                         "4 messages were written damaged, says out\\x0a.log"});
}

TEST_CASE("A load tester that was held up gives a verdict wherever that does not matter",
          "[verdict][load]") {
    Report report = report_with(0, 0);
    report.generator.bottleneck = "its busiest thread took 99% of a processor";
    CHECK(verdict_of(report) == LoadVerdict::held);
    // Of the 6.1 ms, it may have added 4 itself.
    report.lower_bounds.response.clear();
    report.lower_bounds.response.add({.value_us = 2100, .count = 1000});
    CHECK(verdict_of(asserting(report, "p99<10ms,failed=0")) == LoadVerdict::held);
    CHECK(verdict_of(asserting(report, "p99<2ms")) == LoadVerdict::not_held);
    Report const unsure = asserting(report, "p99<5ms,mean<10ms");
    CHECK(verdict_of(unsure) == LoadVerdict::none);
    CHECK(errors_in(unsure) ==
          Sentences{"no verdict on p99<5ms: p99 is 6.10ms, but the load tester was held up itself: "
                    "use a quieter machine, more --threads, or fewer --clients"});
}

TEST_CASE("What is proven comes before what is unknown", "[verdict][load]") {
    Report report = report_with(0, 0);
    report.lower_bounds.response.clear();
    report.lower_bounds.response.add({.value_us = 2100, .count = 1000});
    SECTION("a refused message") {
        report.outcomes.count(Outcome::refused);
        report.planned += 1;
    }
    SECTION("a fault in the output") {
        report.audit.emplace().acked_not_written = 1;
    }
    SECTION("an answer that nobody asked for") {
        report.surplus_answers = 1;
    }
    SECTION("an assertion that does not hold, whatever the load tester added") {
        report = asserting(report, "p50<1ms");
    }
    report = asserting(report, "p99<5ms");
    CHECK(verdict_of(report) == LoadVerdict::not_held);
    CHECK(errors_in(report).size() == 2);
    CHECK(errors_in(report).back().starts_with("no verdict on p99<5ms: "));
}

TEST_CASE("What the load tester itself failed to do is no failure of the server",
          "[verdict][load]") {
    Report report = report_with(0, 0);
    report.outcomes.count(Outcome::never_connected, 3);
    report.planned += 3;
    CHECK(verdict_of(report) == LoadVerdict::not_held);
    report.excused.count(Outcome::never_connected, 3);
    CHECK(verdict_of(report) == LoadVerdict::none);
    CHECK(errors_in(report) ==
          Sentences{"no verdict on 3 messages that were not acked (3 never connected): the "
                    "load tester was late, or this host had no port, open file or memory left to "
                    "connect with: use fewer --clients, more addresses (--source A-B), or a higher "
                    "limit (ulimit -n)"});
    CHECK(verdict_of(asserting(report, "failed<=3")) == LoadVerdict::held);
    CHECK(verdict_of(asserting(report, "failed=0")) == LoadVerdict::none);
    report.outcomes.count(Outcome::never_connected, 1);
    CHECK(verdict_of(report) == LoadVerdict::not_held);
    CHECK(verdict_of(asserting(report, "never_connected=0")) == LoadVerdict::not_held);
}

TEST_CASE("What the user did not wait for is no failure of the server", "[verdict][load]") {
    Report report = report_with(0, 0);
    for (Outcome const outcome : {Outcome::connection_lost, Outcome::unsent}) {
        report.outcomes.count(outcome, 5);
        report.reasons.count(outcome, cut_off_reason, 5);
        report.excused.count(outcome, 5);
        report.planned += 5;
    }
    CHECK(verdict_of(report) == LoadVerdict::none);
    CHECK(errors_in(report) ==
          Sentences{"no verdict on 10 messages that were not acked (5 connection lost, 5 unsent): "
                    "the run was interrupted before messages were answered: let it wait for the "
                    "last answers"});
}

TEST_CASE("Too few clients are no slow server", "[verdict][load]") {
    Report report = report_with(0, 0);
    report.outcomes.count(Outcome::unsent, 227);
    report.planned += 227;
    report.latencies.response.clear();
    report.latencies.response.add({.value_us = 900'000, .count = 1000});
    CHECK(verdict_of(report) == LoadVerdict::not_held);
    report.generator.too_few_clients = "too few clients: raise --clients or --pipeline";
    report.excused.count(Outcome::unsent, 227);
    CHECK(verdict_of(report) == LoadVerdict::none);
    CHECK(errors_in(report) ==
          Sentences{"no verdict on 227 messages that were not acked (227 unsent): too few clients: "
                    "raise --clients or --pipeline"});
    // Answers took 6.1 ms, of which the clients' number is no reason.
    CHECK(verdict_of(asserting(report, "p50<10ms,failed<50%")) == LoadVerdict::none);
    CHECK(verdict_of(asserting(report, "p50<5ms,failed<50%")) == LoadVerdict::not_held);
    CHECK(verdict_of(asserting(report, "rate>=1300,failed<50%")) == LoadVerdict::not_held);
    report.asked.rate = 1400;
    CHECK(verdict_of(asserting(report, "rate>=1300,failed<50%")) == LoadVerdict::none);
}

TEST_CASE("Too few clients in one report are no excuse for another's", "[verdict][load]") {
    Report too_few = report_with(0, 0);
    too_few.generator.too_few_clients = "too few clients: raise --clients or --pipeline";
    Report slow = report_with(0, 0);
    slow.outcomes.count(Outcome::unsent, 5);
    slow.planned += 5;
    CHECK(verdict_of(merge({too_few, slow})) == LoadVerdict::not_held);
}

TEST_CASE("A run without a message gives no verdict", "[verdict][load]") {
    CHECK(verdict_of(Report()) == LoadVerdict::none);
    CHECK(errors_in(Report()) == Sentences{"no verdict, since no message was planned"});
}

TEST_CASE("An assertion from a damaged file is refused", "[verdict][load]") {
    Report report = report_with(0, 0);
    report.assertions.push_back(
        {.text = "nonsense", .measured = "", .verdict = LoadVerdict::not_held});
    CHECK_THROWS_AS(verdict_of(report), std::invalid_argument);
}

}  // namespace roger
