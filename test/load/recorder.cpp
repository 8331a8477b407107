// What is recorded, when, and in which interval: time passes only as the tests say.
#include "load/recorder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point begin{1h};
constexpr Timeline two_seconds{.go = begin - 1s, .begin = begin, .end = begin + 2s};

Sent sent(Clock::duration planned, Clock::duration late = 0ms) {
    return {.planned = begin + planned, .sent = begin + planned + late};
}

/// A recorder whose measurement has begun, with intervals of half a second.
struct Measurement {
    explicit Measurement(Timeline const& timeline = two_seconds) {
        recorder.start(timeline);
        recorder.pass(timeline.begin);
    }

    std::vector<Interval> take(Clock::duration measured) {
        recorder.end(begin + measured);
        recorder.finish();
        return intervals.take(measured);
    }

    [[nodiscard]] Report report() const {
        Report report;
        recorder.add_to(report);
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
    measurement.recorder.acked(sent(100ms, 20ms), begin + 150ms);
    measurement.recorder.sent_late(begin + 100ms, begin + 120ms);
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
    CHECK(measurement.recorder.own_lateness() == expected);
    CHECK(measurement.recorder.last_ack() == begin + 150ms);
}

TEST_CASE("A message of the warm-up is not counted, whenever its answer comes", "[load]") {
    Measurement measurement;
    Recorder& recorder = measurement.recorder;
    recorder.acked(sent(-1ns), begin + 1s);
    recorder.acked(sent(-500ms), begin - 400ms);
    recorder.failed(begin - 1ns, Fate::timed_out, "late");
    CHECK(recorder.fates().sum() == 0);
    CHECK(recorder.latencies().response.empty());
    CHECK(recorder.latencies().service.empty());
    CHECK(recorder.latencies().lateness.empty());
    CHECK(recorder.last_ack() == Clock::time_point::min());
    recorder.acked(sent(0ms), begin + 1s);
    CHECK(recorder.fates()[Fate::acked] == 1);
    Report const report = measurement.report();
    CHECK(report.planned == 1);
    CHECK(report.reasons.counts().empty());
    CHECK(acked(measurement.take(2s)) == Counts{0, 0, 1, 0});
}

TEST_CASE("A message that was planned in time is counted before its time has been noticed",
          "[load]") {
    // The loop was busy when the measurement began.
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    recorder.start(two_seconds);
    recorder.acked(sent(100ms), begin + 600ms);
    CHECK(recorder.fates()[Fate::acked] == 1);
    recorder.end(begin + 2s);
    recorder.finish();
    CHECK(acked(intervals.take(2s)) == Counts{0, 1, 0, 0});
}

TEST_CASE("An answer belongs to the interval in which it comes", "[load]") {
    Measurement measurement;
    Recorder& recorder = measurement.recorder;
    recorder.acked(sent(0ms), begin);
    recorder.acked(sent(0ms), begin + 500ms - 1ns);
    recorder.acked(sent(0ms), begin + 500ms);
    recorder.acked(sent(0ms), begin + 1999ms);
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
                                   begin + std::chrono::milliseconds(ms));
        measurement.recorder.failed(begin, Fate::refused, "full");
    }
    Histogram whole;
    std::uint64_t sum = 0;
    std::uint64_t failed = 0;
    for (Interval const& interval : measurement.take(2s)) {
        sum += interval.acked;
        failed += interval.failed;
        for (auto const& bucket : interval.response) {
            whole.add(bucket);
        }
    }
    CHECK(sum == measurement.recorder.fates()[Fate::acked]);
    CHECK(failed == measurement.recorder.fates()[Fate::refused]);
    CHECK(whole == measurement.recorder.latencies().response);
}

TEST_CASE("What comes after the end is counted, in no interval, and soon not in the rate",
          "[load]") {
    Measurement measurement;
    Recorder& recorder = measurement.recorder;
    recorder.acked(sent(1999ms), begin + 1999ms);
    recorder.end(begin + 2s);
    recorder.acked(sent(1999ms), begin + 2005ms);
    recorder.acked(sent(1999ms), begin + 5s);
    recorder.failed(begin + 1999ms, Fate::timed_out, "no answer");
    recorder.pass(begin + 6s);
    CHECK(recorder.next_moment() == Course::none);
    recorder.finish();
    auto const intervals = measurement.intervals.take(2s);
    CHECK(acked(intervals) == Counts{0, 0, 0, 1});
    CHECK(intervals.back().failed == 0);
    CHECK(recorder.fates()[Fate::acked] == 3);
    CHECK(recorder.fates()[Fate::timed_out] == 1);
    CHECK(measurement.report().acked_in_time == 2);
    CHECK(recorder.last_ack() == begin + 5s);
}

TEST_CASE("A run that ends early ends its last interval early", "[load]") {
    Measurement measurement;
    measurement.recorder.acked(sent(0ms), begin + 700ms);
    auto const intervals = measurement.take(750ms);
    CHECK(acked(intervals) == Counts{0, 1});
    CHECK(intervals.back().length_s == 0.25);
}

TEST_CASE("A run that ends before its measurement began has measured nothing", "[load]") {
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    recorder.start(two_seconds);
    recorder.connected(1ms);
    recorder.end(begin - 500ms);
    recorder.finish();
    CHECK(intervals.take(0ms).empty());
    CHECK(recorder.fates().sum() == 0);
    CHECK(recorder.used().used == 0ns);
}

TEST_CASE("A recorder wants to be called at the beginning and at each interval's end", "[load]") {
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    CHECK(recorder.next_moment() == Course::none);
    recorder.start(two_seconds);
    CHECK(recorder.next_moment() == begin);
    recorder.pass(begin - 1ns);
    CHECK(recorder.next_moment() == begin);
    for (auto const moment : {0ms, 500ms, 1000ms}) {
        recorder.pass(begin + moment);
        CHECK(recorder.next_moment() == begin + moment + 500ms);
    }
    // What comes after the end belongs to the last interval: it stays open.
    recorder.pass(begin + 1500ms);
    CHECK(recorder.next_moment() == Course::none);
    recorder.pass(begin + 9s);
    CHECK(intervals.latest()->begin_s == 1);
}

TEST_CASE("A recorder that was not called for long closes all intervals that are over", "[load]") {
    Measurement measurement({.go = begin, .begin = begin, .end = Course::none});
    measurement.recorder.pass(begin + 1700ms);
    CHECK(measurement.recorder.next_moment() == begin + 2s);
    CHECK(measurement.intervals.latest()->begin_s == 1);
}

TEST_CASE("A recorder counts connections, and the most at once while measuring", "[load]") {
    Intervals intervals(500ms, 1);
    Recorder recorder(intervals);
    recorder.start(two_seconds);
    for (int i = 0; i < 5; ++i) {
        recorder.connected(1ms);
    }
    recorder.disconnected(false);
    recorder.disconnected(true);
    recorder.pass(begin);
    recorder.connected(3ms);
    recorder.disconnected(true);
    recorder.disconnected(false);
    recorder.pass(begin + 500ms);
    Report report;
    recorder.add_to(report);
    CHECK(report.clients == 4);
    CHECK(report.connections == 6);
    CHECK(report.idle_losses == 2);
    CHECK(report.latencies.connect.count() == 6);
    REQUIRE(intervals.latest());
    CHECK(intervals.latest()->clients == 2);
}

TEST_CASE("Every fate is counted and explained, and the sum is what was planned", "[load]") {
    Measurement measurement;
    std::uint64_t planned = 0;
    for (std::size_t i = 0; i < fate_count; ++i) {
        for (std::size_t times = 0; times <= i; ++times) {
            auto const fate = static_cast<Fate>(i);
            if (fate == Fate::acked) {
                measurement.recorder.acked(sent(1ms), begin + 2ms);
            } else {
                measurement.recorder.failed(begin + 1ms, fate, "why");
            }
            ++planned;
        }
    }
    measurement.recorder.surplus_answer(begin);
    Report const report = measurement.report();
    CHECK(report.planned == planned);
    CHECK(report.fates.sum() == planned);
    CHECK(report.surplus_answers == 1);
    for (std::size_t i = 1; i < fate_count; ++i) {
        auto const fate = static_cast<Fate>(i);
        CHECK(report.fates[fate] == i + 1);
        CHECK(report.reasons.counts().at({fate, "why"}) == i + 1);
    }
    auto const intervals = measurement.take(2s);
    CHECK(intervals[0].acked == 1);
    CHECK(intervals[0].failed == planned - 1);
}

TEST_CASE("What several loops recorded adds up", "[load]") {
    Measurement first;
    Measurement second;
    first.recorder.acked(sent(1ms), begin + 2ms);
    second.recorder.acked(sent(1ms), begin + 3ms);
    second.recorder.failed(begin, Fate::refused, "full");
    Report report;
    first.recorder.add_to(report);
    second.recorder.add_to(report);
    CHECK(report.planned == 3);
    CHECK(report.fates[Fate::acked] == 2);
    CHECK(report.latencies.response.count() == 2);
}

TEST_CASE("The processor time of a measurement is that of its thread", "[load]") {
    Measurement measurement;
    auto const before = ThreadTime::now();
    while (ThreadTime::now().used - before.used < 20ms) {
        // Processor time passes only when it is used.
    }
    measurement.recorder.end(begin + 2s);
    CHECK(measurement.recorder.used().used >= 20ms);
    CHECK(measurement.recorder.used().waited >= 0ms);
}

}  // namespace roger
