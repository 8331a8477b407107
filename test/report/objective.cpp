// Conditions on the figures of a load test, rightly and wrongly written, and judged.
#include "report/objective.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

namespace roger {

namespace {

using std::chrono::microseconds;

/// 1000 messages planned in ten seconds. Acked: 985, response times 1 to 985 µs, service times half
/// of that; 5 refused, and 10 answered wrongly. Surplus answers: 3. No connection was made.
Report report_of_1000() {
    Report report;
    report.asked.rate = 100;
    report.duration_s = 10;
    report.planned = 1000;
    report.surplus_answers = 3;
    report.outcomes.count(Outcome::acked, 985);
    report.acked_in_time = report.outcomes[Outcome::acked];
    report.outcomes.count(Outcome::wrong_answer, 10);
    report.outcomes.count(Outcome::refused, 5);
    for (int us = 1; us <= 985; ++us) {
        for (auto* const latencies : {&report.latencies, &report.lower_bounds}) {
            latencies->response.record(microseconds(us));
            latencies->service.record(microseconds((us + 1) / 2));
        }
    }
    return report;
}

bool holds(std::string_view text) {
    return parse_objective(text).judge(report_of_1000()).verdict == LoadVerdict::held;
}

std::string measured(std::string_view text) {
    return parse_objective(text).judge(report_of_1000()).measured;
}

std::string objective_error(std::string_view text) {
    try {
        parse_objectives(text);
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return "no mistake";
}

}  // namespace

TEST_CASE("An objective compares in five ways", "[objective][load]") {
    CHECK(holds("max=985us"));
    CHECK(holds("max<=985us"));
    CHECK(holds("max>=985us"));
    CHECK(holds("max<986us"));
    CHECK(holds("max>984us"));
    CHECK_FALSE(holds("max=984us"));
    CHECK_FALSE(holds("max<=984us"));
    CHECK_FALSE(holds("max>=986us"));
    CHECK_FALSE(holds("max<985us"));
    CHECK_FALSE(holds("max>985us"));
}

TEST_CASE("An objective takes any percentile, the mean and the maximum", "[objective][load]") {
    CHECK(holds("p50=493us"));
    CHECK(holds("p99.9>=984us"));
    CHECK(holds("p99.9<=985us"));
    CHECK(holds("p100=985us"));
    CHECK(holds("p0=1us"));
    CHECK(holds("mean=493us"));
}

TEST_CASE("An objective is about the response unless it says otherwise", "[objective][load]") {
    CHECK(holds("response.p50=493us"));
    CHECK(holds("service.p50=247us"));
    CHECK(holds("service.max=493us"));
}

TEST_CASE("A time has a fraction and a unit", "[objective][load]") {
    CHECK(holds("max=0.985ms"));
    CHECK(holds("max=0.000985s"));
    CHECK(holds("max=985.0us"));
    CHECK(holds("max=985µs"));  // the micro sign
    CHECK(holds("max=985μs"));  // the Greek letter
}

TEST_CASE("The rate is of acked messages", "[objective][load]") {
    CHECK(holds("rate=98.5"));
    CHECK(holds("rate>=98"));
    CHECK_FALSE(holds("rate>=99"));
}

TEST_CASE("Failures are counted in all, by outcome, and as a share", "[objective][load]") {
    CHECK(holds("failed=15"));
    CHECK(holds("wrong_answer=10"));
    CHECK(holds("refused=5"));
    CHECK(holds("connection_lost=0"));
    CHECK(holds("acked=985"));
    CHECK(holds("surplus_answers=3"));
    CHECK(holds("failed=1.5%"));
    CHECK(holds("failed<2%"));
    CHECK_FALSE(holds("failed<1.5%"));
    CHECK(holds("acked>=98.5%"));
    CHECK(holds("wrong_answer<=1%"));
}

TEST_CASE("A figure of nothing meets no condition", "[objective][load]") {
    CHECK_FALSE(holds("connect.p99<1s"));
    CHECK_FALSE(holds("connect.p99>=0s"));
    CHECK(measured("connect.p99<1s") == "unknown, since no connection was made");

    Report failed;
    failed.planned = 1;
    failed.outcomes.count(Outcome::refused);
    for (std::string_view const text : {"p99<1s", "mean>=0s", "service.max=0s"}) {
        Assertion const assertion = parse_objective(text).judge(failed);
        CHECK(assertion.verdict == LoadVerdict::not_held);
        CHECK(assertion.measured == "unknown, since no message was acked");
    }
}

TEST_CASE("A run in which no message was planned has no verdict", "[objective][load]") {
    Report report;
    report.interrupted = GENERATE(false, true);
    for (std::string_view const text :
         {"p99<1s", "service.max=0s", "failed<1%", "failed=0", "acked>=1", "rate>=1000"}) {
        CAPTURE(text);
        CHECK(parse_objective(text).judge(report).verdict == LoadVerdict::none);
    }
}

TEST_CASE("The rate of a closed loop may have been as high as its own delays allow",
          "[objective][load]") {
    Report report;
    report.clients = 10;
    report.duration_s = 1;
    auto const verdict = [&report](std::string_view text) {
        report.planned = report.outcomes.sum();
        return parse_objective(text).judge(report).verdict;
    };
    // Whatever the load tester did, what is never acked has no rate.
    report.outcomes.count(Outcome::wrong_answer, 100);
    CHECK(verdict("rate>=1000") == LoadVerdict::not_held);
    report.outcomes.count(Outcome::unsent, 1);
    report.excused.count(Outcome::unsent, 1);
    CHECK(verdict("rate>=1000") == LoadVerdict::not_held);
    report.outcomes = report.excused;
    CHECK(verdict("rate>=1000") == LoadVerdict::none);

    report = {};
    report.clients = 10;
    report.duration_s = 1;
    report.acked_in_time = 100;
    report.outcomes.count(Outcome::acked, 100);
    for (int message = 0; message != 100; ++message) {
        report.latencies.response.record(std::chrono::milliseconds(20));
        report.lower_bounds.response.record(std::chrono::milliseconds(10));
    }
    // Ten clients that think: 100 ms from message to message, 10 ms of it the load tester's.
    CHECK(verdict("rate>=110") == LoadVerdict::none);
    CHECK(verdict("rate>=112") == LoadVerdict::not_held);
    CHECK(verdict("rate<=112") == LoadVerdict::held);
    report.clients = 2;  // who do not
    CHECK(verdict("rate>=199") == LoadVerdict::none);
    CHECK(verdict("rate>=202") == LoadVerdict::not_held);
    // And what could not be sent for want of ports.
    report.outcomes.count(Outcome::never_connected, 50);
    report.excused.count(Outcome::never_connected, 50);
    CHECK(verdict("rate>=249") == LoadVerdict::none);
    CHECK(verdict("rate>=252") == LoadVerdict::not_held);
}

TEST_CASE("What was measured is told in human units", "[objective][load]") {
    CHECK(measured("p50<1s") == "493µs");
    CHECK(measured("rate>1") == "98.5/s");
    CHECK(measured("failed=0") == "15");
    CHECK(measured("failed=0%") == "1.5% (15 of 1,000)");
    CHECK(parse_objective("p99 < 5ms").judge(report_of_1000()).text == "p99 < 5ms");
}

TEST_CASE("A connection that was never made took longer than any that was", "[objective][load]") {
    Report report = report_of_1000();
    report.asked.ack_timeout_s = 2;
    for (auto* const latencies : {&report.latencies, &report.lower_bounds}) {
        for (int ms = 1; ms <= 9; ++ms) {
            latencies->connect.record(std::chrono::milliseconds(ms));
        }
    }
    auto const judged = [&report](std::string_view text) {
        return parse_objective(text).judge(report);
    };
    CHECK(judged("connect.p99<5s").verdict == LoadVerdict::held);
    report.failed_connects = 1;
    CHECK(judged("connect.p90<10ms").verdict == LoadVerdict::held);
    CHECK(judged("connect.p91<5s").verdict == LoadVerdict::not_held);
    CHECK(judged("connect.p91<5s").measured == "without an end, since attempts to connect failed");
    CHECK(judged("connect.mean<5s").verdict == LoadVerdict::not_held);
    report.excused_connects = 1;
    CHECK(judged("connect.p91<5s").verdict == LoadVerdict::none);
    CHECK(judged("connect.p91<5ms").verdict == LoadVerdict::not_held);
}

TEST_CASE("A message that was never answered took at least the timeout", "[objective][load]") {
    Report report = report_of_1000();
    report.asked.ack_timeout_s = 2;
    report.outcomes.count(Outcome::timed_out, 5);
    report.outcomes.count(Outcome::unsent, 10);
    auto const judged = [&report](std::string_view text) {
        return parse_objective(text).judge(report);
    };
    // 985 of 1000 were answered: 98.5 %.
    CHECK(judged("p98.5=985us").verdict == LoadVerdict::held);
    CHECK(judged("p98.6<2s").verdict == LoadVerdict::not_held);
    CHECK(judged("p98.6<2s").measured == "at least 2.00s, since messages were never answered");
    CHECK(judged("max<1s").verdict == LoadVerdict::not_held);
    CHECK(judged("mean<10ms").verdict == LoadVerdict::not_held);
    // It may have taken any time.
    CHECK(judged("p98.6<1000s").verdict == LoadVerdict::not_held);
    CHECK(judged("p98.6>1s").verdict == LoadVerdict::held);
    CHECK(judged("mean<100ms").verdict == LoadVerdict::not_held);
    CHECK(judged("mean>10ms").verdict == LoadVerdict::held);
    // What was never sent has no service time.
    CHECK(judged("service.p99.4<1s").verdict == LoadVerdict::held);
    CHECK(judged("service.p99.6<1s").verdict == LoadVerdict::not_held);
    report.asked.ack_timeout_s.reset();
    CHECK(judged("max<1000s").measured == "without an end, since messages were never answered");
    CHECK(judged("max<1000s").verdict == LoadVerdict::not_held);
}

TEST_CASE("A figure that the load tester made worse is judged where that makes no difference",
          "[objective][load]") {
    Report report = report_of_1000();
    report.lower_bounds.response.clear();
    for (int us = 1; us <= 985; ++us) {
        report.lower_bounds.response.record(microseconds((us + 1) / 2));
    }
    auto const verdict = [&report](std::string_view text) {
        return parse_objective(text).judge(report).verdict;
    };
    CHECK(verdict("max<986us") == LoadVerdict::held);
    CHECK(verdict("max<985us") == LoadVerdict::none);
    CHECK(verdict("max<494us") == LoadVerdict::none);
    CHECK(verdict("max<493us") == LoadVerdict::not_held);
    CHECK(verdict("max>=493us") == LoadVerdict::held);
    CHECK(verdict("max>=494us") == LoadVerdict::none);
    CHECK(verdict("max>985us") == LoadVerdict::not_held);
    CHECK(verdict("max=700us") == LoadVerdict::none);
    CHECK(verdict("max=986us") == LoadVerdict::not_held);
    CHECK(verdict("mean<400us") == LoadVerdict::none);
}

TEST_CASE("The rate of a closed loop is as uncertain as its response times", "[objective][load]") {
    Report report = report_of_1000();
    report.asked.rate.reset();
    auto const verdict = [&report](std::string_view text) {
        return parse_objective(text).judge(report).verdict;
    };
    CHECK(verdict("rate>=99") == LoadVerdict::not_held);
    report.lower_bounds.response.clear();
    for (int us = 1; us <= 985; ++us) {
        report.lower_bounds.response.record(microseconds((us + 1) / 2));
    }
    CHECK(verdict("rate>=99") == LoadVerdict::none);
    CHECK(verdict("rate>=190") == LoadVerdict::none);
    CHECK(verdict("rate>=200") == LoadVerdict::not_held);
    CHECK(verdict("rate<=98") == LoadVerdict::not_held);
    CHECK(verdict("rate<=100") == LoadVerdict::none);
}

TEST_CASE("A figure just past its limit does not look like it", "[objective][load]") {
    Report report;
    report.latencies.response.record(microseconds(5003));
    report.lower_bounds.response.record(microseconds(5003));
    report.outcomes.count(Outcome::acked, 999'999);
    report.acked_in_time = report.outcomes[Outcome::acked];
    report.duration_s = 1000;
    CHECK(parse_objective("max<=5ms").judge(report).measured == "5003µs");
    CHECK(parse_objective("rate>=1000").judge(report).measured == "999.999/s");
}

TEST_CASE("An objective about an outcome decides about it alone", "[objective][load]") {
    CHECK(parse_objective("timed_out<1%").is_about(Outcome::timed_out));
    CHECK_FALSE(parse_objective("timed_out<1%").is_about(Outcome::refused));
    CHECK(parse_objective("failed<1%").is_about(Outcome::refused));
    CHECK(parse_objective("acked>99%").is_about(Outcome::refused));
    CHECK_FALSE(parse_objective("failed<1%").is_about_surplus_answers());
    CHECK(parse_objective("surplus_answers<9").is_about_surplus_answers());
    CHECK_FALSE(parse_objective("surplus_answers<9").is_about(Outcome::refused));
    CHECK_FALSE(parse_objective("p99<9s").is_about(Outcome::refused));
}

TEST_CASE("Objectives stand in a list with commas", "[objective][load]") {
    auto const objectives = parse_objectives("p99<5ms, failed=0,service.mean < 1.5us");
    REQUIRE(objectives.size() == 3);
    CHECK(objectives[0].text == "p99<5ms");
    CHECK(objectives[1].text == "failed=0");
    CHECK(objectives[2].text == "service.mean < 1.5us");
    CHECK(objectives[2].name == "service.mean");
}

TEST_CASE("A wrong objective is a sentence with the remedy", "[objective][load]") {
    std::string_view const nothing_compared =
        " compares nothing: write a figure, one of < <= > >= =, and a value, as in p99<5ms or "
        "failed=0";
    for (std::string_view const text : {"", "p99", " ", "5ms"}) {
        CHECK(objective_error(text) == fmt::format("'{}'{}", text, nothing_compared));
    }
    CHECK(objective_error("p99<5ms,") == fmt::format("''{}", nothing_compared));

    for (std::string_view const figure :
         {"", "latency", "p", "p9x", "p-1", "pinf", "P99", "mean99", "service.rate", "lateness.p99",
          "response.", "timed out", "unknown"}) {
        CHECK(objective_error(fmt::format("{}<5ms", figure)) ==
              fmt::format("'{0}<5ms' has an unknown figure, '{0}': write a percentile, mean, max, "
                          "rate, failed, or an outcome such as timed_out, as in p99<5ms",
                          figure));
    }
    CHECK(objective_error("p100.1<5ms") ==
          "'p100.1<5ms' asks for a percentile above 100: write p0 to p100, as in p99.9<5ms");
}

TEST_CASE("A wrong value is a sentence with the remedy", "[objective][load]") {
    CHECK(objective_error("p99<5") == "'p99<5' has a time without a unit: write 5us, 5ms or 5s");
    CHECK(objective_error("p99<5min") ==
          "'p99<5min' has an unknown unit, 'min': write us, ms or s, as in p99<1.5ms");
    CHECK(objective_error("p99<5e3ms") ==
          "'p99<5e3ms' has an unknown unit, 'e3ms': write us, ms or s, as in p99<1.5ms");
    for (std::string_view const value : {"", "ms", "-5ms", "=5ms", "infms", "nan", ".5ms"}) {
        CHECK(objective_error(fmt::format("max={}", value)) ==
              fmt::format("'max={}' has no time after max: write a number and us, ms or s, as in "
                          "max<1.5ms",
                          value));
    }
    for (std::string_view const value : {"", "1000/s", "fast", "-1", "5ms"}) {
        CHECK(objective_error(fmt::format("rate>{}", value)) ==
              fmt::format("'rate>{}' compares the rate with no number: write messages a second, as "
                          "in rate>=1000",
                          value));
    }
    for (std::string_view const value : {"", "none", "0.5", "-1", "5ms", "%"}) {
        CHECK(
            objective_error(fmt::format("refused<{}", value)) ==
            fmt::format("'refused<{}' has no count after refused: write a whole number, or a share "
                        "of the planned messages, as in refused<=10 or refused<0.1%",
                        value));
    }
}

TEST_CASE("A wrong objective is safe on a terminal", "[objective][load]") {
    CHECK(objective_error("\x1b[2J").starts_with("'\\x1b[2J' compares nothing"));
}

}  // namespace roger
