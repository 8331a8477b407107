// What is recorded, when, and in which interval: time passes only as the tests say.
#include "load/recorder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point run_begin{1h};
constexpr Timeline two_seconds{.go = run_begin - 1s, .begin = run_begin, .end = run_begin + 2s};

Sent sent(Clock::duration planned, Clock::duration late = 0ms) {
    return {.planned = run_begin + planned, .sent = run_begin + planned + late};
}

/// A recorder whose measurement has begun, with intervals of half a second.
struct Measurement {
    explicit Measurement(Timeline const& timeline = two_seconds) {
        recorder.start(timeline);
        recorder.pass(timeline.begin);
    }

    std::vector<Interval> take(Clock::duration measured) {
        recorder.end(run_begin + measured);
        recorder.finish();
        return intervals.take(measured);
    }

    [[nodiscard]] Report report(std::optional<Clock::duration> allowance = {}) const {
        Report report;
        recorder.add_to(report);
        recorder.add_acked_in_time_to(report, allowance);
        return report;
    }

    Intervals intervals{500ms, 1};
    Recorder recorder{intervals};
};

std::vector<std::uint64_t> acked(std::vector<Interval> const& intervals) {
    std::vector<std::uint64_t> counts;
    counts.reserve(intervals.size());
    for (Interval const& interval : intervals) {
        counts.push_back(interval.acked);
    }
    return counts;
}

using Counts = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("A message's three clocks give its durations", "[load]") {
    Measurement measurement;
    measurement.recorder.acked(sent(100ms, 20ms), run_begin + 150ms, 0ms);
    Latencies const& latencies = measurement.recorder.latencies();
    CHECK(latencies.response.count() == 1);
    CHECK(latencies.service.count() == 1);
    CHECK(latencies.lateness.count() == 1);
    Histogram expected;
    expected.record(50ms);
    CHECK(latencies.response == expected);
    expected.clear();
    expected.record(30ms);
    CHECK(latencies.service == expected);
    expected.clear();
    expected.record(20ms);
    CHECK(latencies.lateness == expected);
}

TEST_CASE("What the load tester added to a message's times is known", "[load]") {
    Measurement measurement;
    Sent message = sent(100ms, 20ms);
    message.own_delay = 15ms;
    measurement.recorder.acked(message, run_begin + 150ms, 5ms);
    measurement.recorder.connected(3ms, 1ms);
    Report const report = measurement.report();
    auto const only = [](Histogram const& histogram) {
        REQUIRE(histogram.count() == 1);
        return histogram.max_us();
    };
    CHECK(only(report.latencies.response) == 50'015);  // the bucket's highest
    CHECK(only(report.lower_bounds.response) == 30'015);
    CHECK(only(report.lower_bounds.service) == 25'007);
    CHECK(only(report.lower_bounds.connect) == 2000);
    CHECK(only(measurement.recorder.own_delay()) == 20'015);
}

TEST_CASE("A load tester cannot have added more than there is", "[load]") {
    Measurement measurement;
    Sent message = sent(100ms);
    message.own_delay = 15ms;
    measurement.recorder.acked(message, run_begin + 110ms, 500ms);
    CHECK(measurement.report().lower_bounds.response.max_us() == 0);
    CHECK(measurement.report().lower_bounds.service.max_us() == 0);
}

TEST_CASE("What the load tester failed to do itself is counted as such", "[load]") {
    Measurement measurement;
    measurement.recorder.failed(run_begin, Outcome::never_connected, "no port", true);
    measurement.recorder.failed(run_begin, Outcome::never_connected, "refused");
    measurement.recorder.failed(run_begin - 1ns, Outcome::never_connected, "no port", true);
    CHECK(measurement.report().outcomes[Outcome::never_connected] == 2);
    CHECK(measurement.report().excused[Outcome::never_connected] == 1);
    CHECK(measurement.report().excused.sum() == 1);
}

TEST_CASE("Bytes are counted while measuring", "[load]") {
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    recorder.start(two_seconds);
    recorder.sent_bytes(1);
    recorder.pass(run_begin);
    recorder.sent_bytes(20);
    recorder.received_bytes(300);
    recorder.end(run_begin + 2s);
    recorder.received_bytes(4000);
    Report report;
    recorder.add_to(report);
    CHECK(report.sent_bytes == 20);
    CHECK(report.received_bytes == 300);
}

TEST_CASE("A message of the warm-up is not counted, whenever its answer comes", "[load]") {
    Measurement measurement;
    Recorder& recorder = measurement.recorder;
    recorder.acked(sent(-500ms), run_begin - 400ms, 0ms);
    recorder.acked(sent(-1ns), run_begin + 1s, 0ms);
    recorder.failed(run_begin - 1ns, Outcome::timed_out, "late");
    CHECK(recorder.outcomes().sum() == 0);
    CHECK(recorder.latencies().response.empty());
    CHECK(recorder.latencies().service.empty());
    CHECK(recorder.latencies().lateness.empty());
    recorder.acked(sent(0ms), run_begin + 1s, 0ms);
    CHECK(recorder.outcomes()[Outcome::acked] == 1);
    Report const report = measurement.report();
    CHECK(report.planned == 1);
    CHECK(report.reasons.counts().empty());
    // The rate is of what is acked while it is measured.
    CHECK(report.acked_in_time == 2);
    CHECK(acked(measurement.take(2s)).at(2) == 1);
}

TEST_CASE("Who watches sees the warm-up too, which no report has", "[load]") {
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    recorder.start({.go = run_begin - 1200ms, .begin = run_begin, .end = run_begin + 2s});
    recorder.acked(sent(-900ms), run_begin - 800ms, 0ms);
    recorder.acked(sent(-900ms), run_begin - 700ms, 0ms);
    recorder.pass(run_begin - 500ms);
    REQUIRE(intervals.latest());
    CHECK(intervals.latest()->begin_s == -1);
    CHECK(intervals.latest()->acked == 2);
    recorder.acked(sent(-100ms), run_begin - 1ms, 0ms);
    recorder.acked(sent(-100ms), run_begin + 1ms, 0ms);
    recorder.end(run_begin + 2s);
    recorder.finish();
    CHECK(acked(intervals.take(2s)) == Counts{0, 0, 0, 0});
    CHECK(recorder.outcomes().sum() == 0);
}

TEST_CASE("What was answered but for the load tester's delay is known", "[load]") {
    Measurement measurement;
    Recorder& recorder = measurement.recorder;
    recorder.acked(sent(1900ms), run_begin + 1950ms, 0ms);
    recorder.acked(sent(1900ms), run_begin + 2100ms, 150ms);
    recorder.acked(sent(1900ms), run_begin + 2100ms, 50ms);
    CHECK(measurement.report().acked_in_time == 1);
    CHECK(measurement.report().acked_but_for_delay == 2);
}

TEST_CASE("A rate can have an allowance for what is in flight at the end", "[load]") {
    Measurement measurement;
    Recorder& recorder = measurement.recorder;
    recorder.acked(sent(-100ms), run_begin + 10ms, 0ms);
    recorder.acked(sent(1900ms), run_begin + 1950ms, 0ms);
    recorder.acked(sent(1950ms), run_begin + 2000ms, 0ms);
    recorder.acked(sent(1990ms), run_begin + 2040ms, 0ms);
    recorder.acked(sent(1990ms), run_begin + 2100ms, 50ms);
    CHECK(measurement.report().acked_in_time == 2);
    // What is of the warm-up does not stand for what is in flight at the end then.
    CHECK(measurement.report(50ms).acked_in_time == 3);
    CHECK(measurement.report(50ms).acked_but_for_delay == 4);
    CHECK(measurement.report(1s).acked_in_time == 4);
}

TEST_CASE("A message that was planned in time is counted before its time has been noticed",
          "[load]") {
    // The loop was busy when the measurement began.
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    recorder.start(two_seconds);
    recorder.acked(sent(100ms), run_begin + 600ms, 0ms);
    CHECK(recorder.outcomes()[Outcome::acked] == 1);
    recorder.end(run_begin + 2s);
    recorder.finish();
    CHECK(acked(intervals.take(2s)) == Counts{0, 1, 0, 0});
}

TEST_CASE("An answer belongs to the interval in which it comes", "[load]") {
    Measurement measurement;
    Recorder& recorder = measurement.recorder;
    recorder.acked(sent(0ms), run_begin, 0ms);
    recorder.acked(sent(0ms), run_begin + 500ms - 1ns, 0ms);
    recorder.acked(sent(0ms), run_begin + 500ms, 0ms);
    recorder.acked(sent(0ms), run_begin + 1999ms, 0ms);
    auto const intervals = measurement.take(2s);
    CHECK(acked(intervals) == Counts{2, 1, 0, 1});
    CHECK(intervals[2].response.empty());
    Histogram last;
    last.record(1999ms);
    CHECK(intervals[3].response == last.buckets());
}

TEST_CASE("The intervals of a recorder add up to what it recorded", "[load]") {
    Measurement measurement;
    for (int ms = 0; ms < 2000; ms += 7) {
        measurement.recorder.acked(sent(std::chrono::milliseconds(ms / 2)),
                                   run_begin + std::chrono::milliseconds(ms), 0ms);
        measurement.recorder.failed(run_begin, Outcome::refused, "full");
    }
    Histogram whole;
    std::uint64_t sum = 0;
    std::uint64_t failed = 0;
    for (Interval const& interval : measurement.take(2s)) {
        sum += interval.acked;
        failed += interval.failed;
        whole.add(interval.response);
    }
    CHECK(sum == measurement.recorder.outcomes()[Outcome::acked]);
    CHECK(failed == measurement.recorder.outcomes()[Outcome::refused]);
    CHECK(whole == measurement.recorder.latencies().response);
}

TEST_CASE("What comes after the end is counted, in no interval and not in the rate", "[load]") {
    Measurement measurement;
    Recorder& recorder = measurement.recorder;
    recorder.acked(sent(1999ms), run_begin + 1999ms, 0ms);
    recorder.end(run_begin + 2s);
    recorder.acked(sent(1999ms), run_begin + 2005ms, 0ms);
    recorder.acked(sent(1999ms), run_begin + 5s, 0ms);
    recorder.failed(run_begin + 1999ms, Outcome::timed_out, "no answer");
    recorder.pass(run_begin + 6s);
    CHECK(recorder.next_moment() == ClientSchedule::none);
    recorder.finish();
    auto const intervals = measurement.intervals.take(2s);
    CHECK(acked(intervals) == Counts{0, 0, 0, 1});
    CHECK(intervals.back().failed == 0);
    CHECK(recorder.outcomes()[Outcome::acked] == 3);
    CHECK(recorder.outcomes()[Outcome::timed_out] == 1);
    CHECK(measurement.report().acked_in_time == 1);
}

TEST_CASE("A run that ends early ends its last interval early", "[load]") {
    Measurement measurement;
    measurement.recorder.acked(sent(0ms), run_begin + 700ms, 0ms);
    auto const intervals = measurement.take(750ms);
    CHECK(acked(intervals) == Counts{0, 1});
    CHECK(intervals.back().length_s == 0.25);
}

TEST_CASE("A run that ends before its measurement began has measured nothing", "[load]") {
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    recorder.start(two_seconds);
    recorder.connected(1ms, 0ms);
    recorder.end(run_begin - 500ms);
    recorder.finish();
    CHECK(intervals.take(0ms).empty());
    CHECK(recorder.outcomes().sum() == 0);
    CHECK(recorder.used().used == 0ns);
}

TEST_CASE("A recorder wants to be called at the beginning and at each interval's end", "[load]") {
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    CHECK(recorder.next_moment() == ClientSchedule::none);
    recorder.start({.go = run_begin, .begin = run_begin, .end = run_begin + 2s});
    CHECK(recorder.next_moment() == run_begin);
    recorder.pass(run_begin - 1ns);
    CHECK(recorder.next_moment() == run_begin);
    for (auto const moment : {0ms, 500ms, 1000ms}) {
        recorder.pass(run_begin + moment);
        CHECK(recorder.next_moment() == run_begin + moment + 500ms);
    }
    // What comes after the end belongs to the last interval: it stays open.
    recorder.pass(run_begin + 1500ms);
    CHECK(recorder.next_moment() == ClientSchedule::none);
    recorder.pass(run_begin + 9s);
    CHECK(intervals.latest()->begin_s == 1);
}

TEST_CASE("A recorder that was not called for long closes all intervals that are over", "[load]") {
    Measurement measurement({.go = run_begin, .begin = run_begin, .end = ClientSchedule::none});
    measurement.recorder.pass(run_begin + 1700ms);
    CHECK(measurement.recorder.next_moment() == run_begin + 2s);
    CHECK(measurement.intervals.latest()->begin_s == 1);
}

TEST_CASE("A recorder counts connections, and the most at once while measuring", "[load]") {
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    recorder.start(two_seconds);
    for (int i = 0; i < 5; ++i) {
        recorder.connected(1ms, 0ms);
    }
    recorder.disconnected(false);
    recorder.disconnected(true);
    recorder.pass(run_begin);
    recorder.connected(3ms, 0ms);
    recorder.disconnected(true);
    recorder.disconnected(false);
    recorder.pass(run_begin + 500ms);
    Report report;
    recorder.add_to(report);
    CHECK(report.clients == 4);
    CHECK(report.connections == 6);
    CHECK(report.idle_losses == 2);
    CHECK(report.latencies.connect.count() == 6);
    REQUIRE(intervals.latest());
    CHECK(intervals.latest()->clients == 2);
}

TEST_CASE("Who comes or goes after the end is not among the clients", "[load]") {
    Intervals intervals(1s, 1);
    Recorder recorder(intervals);
    recorder.start(two_seconds);
    recorder.connected(1ms, 0ms);
    recorder.connected(1ms, 0ms);
    recorder.pass(run_begin + 1s);
    recorder.end(run_begin + 2s);
    for (int i = 0; i < 3; ++i) {
        recorder.connected(1ms, 0ms);
    }
    Report report;
    recorder.add_to(report);
    CHECK(report.clients == 2);
    for (int i = 0; i < 5; ++i) {
        recorder.disconnected(false);
    }
    recorder.finish();
    CHECK(intervals.take(2s).back().clients == 2);
}

TEST_CASE("Every outcome is counted and explained, and the sum is what was planned", "[load]") {
    Measurement measurement;
    std::uint64_t planned = 0;
    for (std::size_t i = 0; i < outcome_count; ++i) {
        for (std::size_t times = 0; times <= i; ++times) {
            auto const outcome = static_cast<Outcome>(i);
            if (outcome == Outcome::acked) {
                measurement.recorder.acked(sent(1ms), run_begin + 2ms, 0ms);
            } else {
                measurement.recorder.failed(run_begin + 1ms, outcome, "why");
            }
            ++planned;
        }
    }
    measurement.recorder.surplus_answer(run_begin);
    Report const report = measurement.report();
    CHECK(report.planned == planned);
    CHECK(report.outcomes.sum() == planned);
    CHECK(report.surplus_answers == 1);
    for (std::size_t i = 1; i < outcome_count; ++i) {
        auto const outcome = static_cast<Outcome>(i);
        CHECK(report.outcomes[outcome] == i + 1);
        CHECK(report.reasons.counts().at({outcome, "why"}) == i + 1);
    }
    auto const intervals = measurement.take(2s);
    CHECK(intervals[0].acked == 1);
    CHECK(intervals[0].failed == planned - 1);
}

TEST_CASE("What several loops recorded adds up", "[load]") {
    Measurement first;
    Measurement second;
    first.recorder.acked(sent(1ms), run_begin + 2ms, 0ms);
    second.recorder.acked(sent(1ms), run_begin + 3ms, 0ms);
    second.recorder.failed(run_begin, Outcome::refused, "full");
    Report report;
    first.recorder.add_to(report);
    second.recorder.add_to(report);
    CHECK(report.planned == 3);
    CHECK(report.outcomes[Outcome::acked] == 2);
    CHECK(report.latencies.response.count() == 2);
}

TEST_CASE("The processor time of a measurement is that of its thread", "[load]") {
    Measurement measurement;
    auto const before = ThreadTime::now();
    while (ThreadTime::now().used - before.used < 20ms) {
        // Processor time passes only when it is used.
    }
    measurement.recorder.end(run_begin + 2s);
    CHECK(measurement.recorder.used().used >= 20ms);
    CHECK(measurement.recorder.used().waited >= 0ms);
}

TEST_CASE("Whoever watches sees what goes on when one loop has finished early", "[load]") {
    Intervals intervals(500ms, 2);
    Recorder early(intervals);
    Recorder late(intervals);
    for (Recorder* const recorder : {&early, &late}) {
        recorder->start(two_seconds);
        recorder->pass(run_begin);
    }
    early.end(run_begin + 100ms);
    early.finish();
    late.acked(sent(700ms), run_begin + 800ms, 0ms);
    late.pass(run_begin + 1s);
    REQUIRE(intervals.latest());
    CHECK(intervals.latest()->begin_s == 0.5);
    CHECK(intervals.latest()->acked == 1);
}

}  // namespace roger
