// Intervals add up what the loops report, in whatever order that comes.
#include "load/intervals.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;

Histogram one(std::chrono::microseconds response) {
    Histogram histogram;
    histogram.record(response);
    return histogram;
}

/// What a loop did in an interval: no two are alike.
void add(Intervals& intervals, std::size_t loop, std::size_t index) {
    Histogram const response = one(std::chrono::microseconds(100 * index + loop + 1));
    intervals.add({.index = static_cast<std::int64_t>(index),
                   .acked = loop + 1,
                   .failed = index,
                   .clients = 10 * (loop + 1),
                   .response = response});
}

bool is_close(double left, double right) {
    return std::abs(left - right) < 1e-9;
}

void check_sum(std::vector<Interval> const& all, std::size_t loops) {
    for (std::size_t index = 0; index < all.size(); ++index) {
        CAPTURE(index);
        CHECK(all[index].acked == loops * (loops + 1) / 2);
        CHECK(all[index].failed == loops * index);
        CHECK(all[index].clients == 10 * loops * (loops + 1) / 2);
        CHECK(is_close(all[index].begin_s, 0.5 * static_cast<double>(index)));
        Histogram expected;
        for (std::size_t loop = 0; loop < loops; ++loop) {
            expected.add(one(std::chrono::microseconds(100 * index + loop + 1)));
        }
        CHECK(all[index].response == expected.buckets());
    }
}

}  // namespace

TEST_CASE("An interval is done when every loop has reported it", "[load]") {
    Intervals intervals(500ms, 2);
    CHECK(intervals.length() == 500ms);
    CHECK_FALSE(intervals.latest());
    add(intervals, 0, 0);
    CHECK_FALSE(intervals.latest());
    add(intervals, 0, 1);
    CHECK_FALSE(intervals.latest());
    add(intervals, 1, 0);
    REQUIRE(intervals.latest());
    CHECK(is_close(intervals.latest()->begin_s, 0));
    CHECK(intervals.latest()->acked == 3);
    add(intervals, 1, 1);
    CHECK(is_close(intervals.latest()->begin_s, 0.5));
    CHECK(is_close(intervals.latest()->length_s, 0.5));
}

TEST_CASE("An interval does not wait for a loop that has ended", "[load]") {
    Intervals intervals(500ms, 3);
    for (std::size_t const loop : {0U, 1U, 2U}) {
        add(intervals, loop, 0);
    }
    add(intervals, 0, 1);
    add(intervals, 1, 1);
    intervals.end_loop(1);
    REQUIRE(intervals.latest());
    CHECK(is_close(intervals.latest()->begin_s, 0.5));
    CHECK(intervals.latest()->acked == 3);
    // One that has reported the second ends before the third.
    intervals.end_loop(2);
    add(intervals, 0, 2);
    CHECK(is_close(intervals.latest()->begin_s, 1));
    CHECK(intervals.latest()->acked == 1);
    auto const all = intervals.take(1500ms);
    REQUIRE(all.size() == 3);
    CHECK(all[0].acked == 6);
}

TEST_CASE("Loops report in any order, and some run ahead", "[load]") {
    std::vector<std::size_t> turns = {0, 0, 0, 1, 1, 1, 2, 2, 2};
    do {
        Intervals intervals(500ms, 3);
        std::vector<std::size_t> next(3, 0);
        for (std::size_t const loop : turns) {
            add(intervals, loop, next[loop]++);
        }
        auto const all = intervals.take(1500ms);
        REQUIRE(all.size() == 3);
        check_sum(all, 3);
    } while (std::ranges::next_permutation(turns).found);
}

TEST_CASE("Loops report from their own threads", "[load]") {
    constexpr std::size_t loops = 4;
    constexpr std::size_t count = 100;
    Intervals intervals(500ms, loops);
    {
        std::vector<std::jthread> threads;
        threads.reserve(loops);
        for (std::size_t loop = 0; loop < loops; ++loop) {
            threads.emplace_back([&intervals, loop] {
                for (std::size_t index = 0; index < count; ++index) {
                    add(intervals, loop, index);
                }
            });
        }
    }
    auto const all = intervals.take(count * 500ms);
    REQUIRE(all.size() == count);
    check_sum(all, loops);
}

TEST_CASE("Intervals of the warm-up are for those who watch", "[load]") {
    Intervals intervals(500ms, 2);
    Histogram const response = one(7us);
    for (std::int64_t const index : {-2, -1}) {
        for (int loop = 0; loop < 2; ++loop) {
            intervals.add({.index = index, .acked = 3, .response = response});
        }
        REQUIRE(intervals.latest());
        CHECK(is_close(intervals.latest()->begin_s, 0.5 * static_cast<double>(index)));
        CHECK(intervals.latest()->acked == 6);
    }
    add(intervals, 0, 0);
    add(intervals, 1, 0);
    CHECK(intervals.take(500ms).size() == 1);
}

TEST_CASE("However long a test is, its intervals are not many, and lose nothing", "[load][sweep]") {
    for (std::size_t const count : {std::size_t{1000}, std::size_t{1001}, std::size_t{16'001}}) {
        CAPTURE(count);
        Intervals intervals(1s, 1);
        for (std::size_t index = 0; index < count; ++index) {
            add(intervals, 0, index);
            if (index == 12'345) {
                CHECK(intervals.latest()->length_s == 1);
                CHECK(intervals.latest()->begin_s == 12'345);
            }
        }
        auto const all = intervals.take(std::chrono::seconds(count));
        CHECK(all.size() <= Intervals::most);
        CHECK(all.size() > Intervals::most / 2 - 1);
        double end_s = 0;
        std::uint64_t acked = 0;
        std::uint64_t failed = 0;
        std::int64_t responses = 0;
        for (Interval const& interval : all) {
            CHECK(is_close(interval.begin_s, end_s));
            bool const last = &interval == &all.back();
            CHECK((last || interval.length_s == all.front().length_s));
            end_s += interval.length_s;
            acked += interval.acked;
            failed += interval.failed;
            for (auto const& bucket : interval.response) {
                responses += bucket.count;
            }
        }
        CHECK(is_close(end_s, static_cast<double>(count)));
        CHECK(acked == count);
        CHECK(failed == count * (count - 1) / 2);
        CHECK(responses == static_cast<std::int64_t>(count));
    }
}

TEST_CASE("The last interval ends with the measured time", "[load]") {
    for (auto const measured : {1001ms, 1250ms, 1499ms, 1500ms}) {
        Intervals intervals(500ms, 1);
        for (std::size_t index = 0; index < 3; ++index) {
            add(intervals, 0, index);
        }
        auto const all = intervals.take(measured);
        REQUIRE(all.size() == 3);
        CHECK(is_close(all[0].length_s, 0.5));
        CHECK(is_close(all[1].length_s, 0.5));
        CHECK(is_close(all[2].begin_s + all[2].length_s,
                       std::chrono::duration<double>(measured).count()));
    }
}

TEST_CASE("An interval that not every loop has reported is taken without the others", "[load]") {
    Intervals intervals(500ms, 2);
    add(intervals, 0, 0);
    add(intervals, 1, 0);
    add(intervals, 0, 1);
    auto const all = intervals.take(700ms);
    REQUIRE(all.size() == 2);
    CHECK(all[0].acked == 3);
    CHECK(all[1].acked == 1);
    CHECK(all[1].response == one(101us).buckets());
    CHECK(is_close(all[1].length_s, 0.2));
}

TEST_CASE("An empty interval after the measured time is left out", "[load]") {
    Intervals intervals(500ms, 1);
    add(intervals, 0, 0);
    add(intervals, 0, 1);
    intervals.add({.index = 2, .response = Histogram()});
    CHECK(intervals.take(1000ms).size() == 2);
    CHECK(intervals.take(1000ms).empty());
}

TEST_CASE("Where nothing was measured there are no intervals", "[load]") {
    Intervals intervals(500ms, 1);
    CHECK(intervals.take(0ms).empty());
    intervals.add({.index = 0, .response = Histogram()});
    CHECK(intervals.take(0ms).empty());
}

TEST_CASE("What failed after the measured time is in no interval", "[load]") {
    // The last answer of a run that is not ended by time came long before the last failure.
    Intervals intervals(500ms, 1);
    add(intervals, 0, 0);
    intervals.add({.index = 1, .response = Histogram()});
    intervals.add({.index = 2, .acked = 0, .failed = 3, .response = Histogram()});
    auto const all = intervals.take(300ms);
    REQUIRE(all.size() == 1);
    CHECK(is_close(all.front().length_s, 0.3));
    CHECK(all.front().failed == 0);
}

}  // namespace roger
