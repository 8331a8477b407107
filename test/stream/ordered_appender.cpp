// Whatever happens to requests and answers, a block is stored once, in its order, and what was
// acknowledged is.
#include "stream/ordered_appender.hpp"

#include "stream/simulated_stream.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {
namespace {

using namespace std::chrono_literals;

/// So many records at a time, or as many as there are.
class Pieces final : public Cutter {
public:
    explicit Pieces(std::optional<std::uint32_t> seed = {}) {
        if (seed) {
            random_.emplace(*seed);
        }
    }
    /// As if the stream took nothing, the next so many times that it is asked for.
    void take_nothing(int times) { nothing_ = times; }
    [[nodiscard]] int too_long_records() const { return too_long_; }

    std::string_view next_piece(std::string_view records) override {
        if (nothing_ != 0) {
            --nothing_;
            return {};
        }
        if (!random_) {
            return records;
        }
        auto const lines = static_cast<std::size_t>(std::ranges::count(records, '\n'));
        auto number = std::uniform_int_distribution<std::size_t>(1, lines)(*random_);
        std::size_t end = 0;
        for (; number != 0; --number) {
            end = records.find('\n', end) + 1;
        }
        return records.substr(0, end);
    }
    void too_long() override { ++too_long_; }
    void not_answered(std::size_t /*bytes*/) override {}

private:
    std::optional<std::mt19937> random_;
    int nothing_ = 0;
    int too_long_ = 0;
};

struct Appending {
    SimulatedStream stream;
    Pieces pieces;
    int troubles = 0;
    int foreign = 0;
    int less = 0;
    OrderedAppender appender;

    Appending(std::uint32_t seed, Faults faults, std::optional<std::uint32_t> cut = {})
        : stream(seed, faults),
          pieces(cut),
          appender(stream, "me",
                   {.cannot_store = [this](std::string const& /*reason*/) { ++troubles; },
                    .stored = [] {},
                    .found_foreign = [this] { ++foreign; },
                    .found_less = [this] { ++less; }}) {}

    /// Returns how many bytes are acknowledged.
    std::size_t append_pieces(std::string_view records, std::chrono::milliseconds within) {
        stream.allow(within);
        std::size_t stored = 0;
        while (stored != records.size()) {
            std::size_t const bytes = appender.append(records.substr(stored), pieces, stream);
            if (bytes == 0) {
                break;
            }
            stored += bytes;
        }
        return stored;
    }

    bool append(std::string const& records, std::chrono::milliseconds within) {
        return append_pieces(records, within) == records.size();
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

std::vector<std::string> lines_of(std::string_view records) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin != records.size();) {
        std::size_t const end = records.find('\n', begin) + 1;
        lines.emplace_back(records.substr(begin, end - begin));
        begin = end;
    }
    return lines;
}

void append_lines(std::vector<std::string>& lines, std::string_view records) {
    std::vector<std::string> const more = lines_of(records);
    lines.insert(lines.end(), more.begin(), more.end());
}

/// Appends blocks of three records through the faults, each in one or cut by chance, and looks what
/// became of the records. Returns how many were given up.
int check_run(std::uint32_t seed, Faults faults, bool cut) {
    Appending run(seed, faults, cut ? std::optional(seed) : std::nullopt);
    std::vector<std::string> acknowledged;
    constexpr int records = 90;
    for (int number = 0; number != records; number += 3) {
        std::string const three = block(number) + block(number + 1) + block(number + 2);
        append_lines(acknowledged, std::string_view(three).substr(0, run.append_pieces(three, 8s)));
    }
    std::vector<std::string> stored;
    for (std::string const& piece : run.blocks()) {
        append_lines(stored, piece);
    }
    CAPTURE(seed, cut, acknowledged, stored);
    REQUIRE(std::ranges::is_sorted(stored));
    REQUIRE(std::ranges::adjacent_find(stored) == stored.end());
    REQUIRE(std::ranges::includes(stored, acknowledged));
    return records - static_cast<int>(acknowledged.size());
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
        Pieces pieces;
        CHECK(appender.append("a block\n", pieces, stream) == 8);
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
    for (bool const cut : {false, true}) {
        int given_up = 0;
        for (std::uint32_t seed = 0; seed != runs; ++seed) {
            given_up += check_run(
                seed, {.lost = 0.2, .late = 0.2, .unanswered = 0.2, .rejected = 0.1, .stale = 0.3},
                cut);
        }
        // Some of each kind, or nothing was tried.
        CHECK(given_up > 0);
        CHECK(given_up < static_cast<int>(runs) * 90 / 2);
    }
}

TEST_CASE("Blocks that are gone are noticed, also those that were only found to be stored",
          "[stream]") {
    for (Faults const faults : {Faults{}, Faults{.unanswered = 1}}) {
        CAPTURE(faults.unanswered);
        Appending appending(1, faults);
        CHECK(appending.append(block(0), 8s));
        CHECK(appending.less == 0);
        appending.stream.recreate();
        CHECK(appending.append(block(1), 8s));
        CHECK(appending.less > 0);
    }
}

TEST_CASE("Blocks that have expired are no surprise", "[stream]") {
    Appending appending(1, {});
    CHECK(appending.append(block(0), 8s));
    appending.stream.expire();
    CHECK(appending.append(block(1), 8s));
    CHECK(appending.less == 0);
    CHECK(appending.blocks() == std::vector{block(1)});
}

// As a stream with subject_delete_marker_ttl does.
TEST_CASE("The stream's own message that blocks have expired is nobody else's", "[stream]") {
    Appending appending(1, {});
    CHECK(appending.append(block(0), 8s));
    appending.stream.expire_with_marker();
    CHECK(appending.append(block(1), 8s));
    CHECK(appending.foreign == 0);
    CHECK(appending.less == 0);
}

// Through a server that is slow and stores, nothing but such attempts may come.
TEST_CASE("The store learns that a block in doubt was stored after all", "[stream]") {
    Appending sure(1, {});
    CHECK(sure.append(block(0), 8s));
    CHECK(sure.stream.found() == 0);
    Appending in_doubt(1, {.unanswered = 1});
    CHECK(in_doubt.append(block(0), 8s));
    CHECK(in_doubt.stream.found() == 1);
    Appending in_vain(1, {.rejected = 1});
    CHECK_FALSE(in_vain.append(block(0), 8s));
    CHECK(in_vain.stream.found() == 0);
}

TEST_CASE("Records that no attempt could store are given up at once", "[stream]") {
    Appending appending(1, {});
    appending.pieces.take_nothing(2);
    CHECK_FALSE(appending.append(block(0), 8s));
    CHECK(appending.stream.left() == 8s);
    CHECK(appending.pieces.too_long_records() == 1);
}

TEST_CASE("Records that the stream has come to take meanwhile are stored", "[stream]") {
    Appending appending(1, {});
    for (int number = 0; number != 3; ++number) {
        appending.pieces.take_nothing(1);
        CHECK(appending.append(block(number), 8s));
    }
    CHECK(appending.pieces.too_long_records() == 0);
    CHECK(appending.blocks().size() == 3);
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
