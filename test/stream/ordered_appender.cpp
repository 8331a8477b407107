// Whatever happens to requests and answers, a block is stored once, in its order, and what was
// acknowledged is.
#include "stream/ordered_appender.hpp"

#include "stream/simulated_stream.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ranges>
#include <string>
#include <vector>

namespace roger::test {
namespace {

using namespace std::chrono_literals;

struct Appending {
    SimulatedStream stream;
    int troubles = 0;
    int foreign = 0;
    OrderedAppender appender;

    Appending(std::uint32_t seed, Faults faults)
        : stream(seed, faults),
          appender(stream, "me",
                   {.cannot_store = [this](std::string const& /*reason*/) { ++troubles; },
                    .stored = [] {},
                    .found_foreign = [this] { ++foreign; },
                    .found_less = [] {}}) {}

    bool append(std::string const& block, std::chrono::milliseconds within) {
        stream.allow(within);
        return appender.append(block, stream);
    }

    /// Ours, in the order in which they are stored.
    [[nodiscard]] std::vector<std::string> blocks() const {
        std::vector<std::string> all;
        for (auto const& [id, block] : stream.stored()) {
            if (id.starts_with("me:")) {
                all.push_back(block);
            }
        }
        return all;
    }
};

std::string block(int number) {
    // Of one width, so that their order is that of their numbers.
    return std::to_string(100'000 + number) + '\n';
}

/// Appends blocks through the faults, and looks what became of them. Returns how many were given
/// up.
int check_run(std::uint32_t seed, Faults faults) {
    Appending run(seed, faults);
    std::vector<std::string> acknowledged;
    constexpr int blocks = 30;
    for (int number = 0; number != blocks; ++number) {
        if (run.append(block(number), 8s)) {
            acknowledged.push_back(block(number));
        }
    }
    std::vector<std::string> const stored = run.blocks();
    CAPTURE(seed, acknowledged, stored);
    REQUIRE(std::ranges::is_sorted(stored));
    REQUIRE(std::ranges::adjacent_find(stored) == stored.end());
    REQUIRE(std::ranges::includes(stored, acknowledged));
    return blocks - static_cast<int>(acknowledged.size());
}

}  // namespace

TEST_CASE("Blocks are appended one after the other", "[stream]") {
    Appending appending(1, {});
    for (int number = 0; number != 5; ++number) {
        CHECK(appending.append(block(number), 1s));
    }
    CHECK(appending.blocks() == std::vector{block(0), block(1), block(2), block(3), block(4)});
    CHECK(appending.troubles == 0);
}

TEST_CASE("An appender goes on where the subject ends", "[stream]") {
    SimulatedStream stream(1, {});
    for (std::string const run : {"first", "second"}) {
        OrderedAppender appender(
            stream, run,
            {.cannot_store = [](std::string const&) {},
             .stored = [] {},
             .found_foreign = [] { FAIL("what was there before is nobody's fault"); },
             .found_less = [] {}});
        stream.allow(1s);
        CHECK(appender.append("a block\n", stream));
    }
    REQUIRE(stream.stored().size() == 2);
    CHECK(stream.stored()[0].id == "first:1");
    CHECK(stream.stored()[1].id == "second:1");
}

TEST_CASE("What cannot be stored in time is given up, and the next is tried", "[stream]") {
    Appending appending(1, {.rejected = 1});
    CHECK_FALSE(appending.append(block(0), 1s));
    CHECK(appending.troubles >= 5);
    CHECK(appending.stream.stored().empty());
    CHECK_FALSE(appending.append(block(1), 0ms));
}

TEST_CASE("Acknowledged blocks are stored once and in order, whatever is lost, late or stale (P1)",
          "[stream]") {
    constexpr std::uint32_t runs = 500;
    int given_up = 0;
    for (std::uint32_t seed = 0; seed != runs; ++seed) {
        given_up += check_run(
            seed, {.lost = 0.2, .late = 0.2, .unanswered = 0.2, .rejected = 0.1, .stale = 0.3});
    }
    // Some of each kind, or nothing was tried.
    CHECK(given_up > 0);
    CHECK(given_up < static_cast<int>(runs) * 30 / 2);
}

// Then the last message does not tell whether a block in doubt is in, and it can be stored twice.
TEST_CASE("Somebody else who publishes to the same subject is noticed", "[stream]") {
    Appending appending(3, {.foreign = 0.5});
    for (int number = 0; number != 20; ++number) {
        CHECK(appending.append(block(number), 8s));
    }
    CHECK(appending.foreign > 0);
    CHECK(appending.blocks().size() == 20);
}

}  // namespace roger::test
