// Times and sizes as people write them, rightly and wrongly.
#include "protocol/quantity.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace roger {

namespace {

using std::chrono::milliseconds;

struct BadQuantity {
    std::string_view text;
    std::string_view sentence;
};

std::string sentence_of(std::function<void()> const& parse) {
    try {
        parse();
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return "no mistake";
}

}  // namespace

TEST_CASE("A time is a whole number and a unit", "[quantity][protocol]") {
    CHECK(parse_timeout("1ms") == milliseconds(1));
    CHECK(parse_timeout("1500ms") == milliseconds(1500));
    CHECK(parse_timeout("30s") == milliseconds(30'000));
    CHECK(parse_timeout("5min") == milliseconds(300'000));
    CHECK(parse_timeout("2h") == milliseconds(7'200'000));
    CHECK(parse_timeout("007s") == milliseconds(7000));
    CHECK(parse_timeout("8760h") == std::chrono::hours(8760));
    CHECK(parse_timeout("none") == std::nullopt);
}

TEST_CASE("A size is a whole number and a unit", "[quantity][protocol]") {
    CHECK(parse_size("1B") == 1);
    CHECK(parse_size("1000B") == 1000);
    CHECK(parse_size("64KiB") == 65'536);
    CHECK(parse_size("3MiB") == 3'145'728);
    CHECK(parse_size("9223372036854775807B") == std::numeric_limits<std::size_t>::max() / 2);
}

TEST_CASE("A wrong time is a sentence with the remedy", "[quantity][protocol]") {
    for (BadQuantity const& mistake : {
             BadQuantity{"5", "'5' has no unit: write 5ms, 5s, 5min or 5h, or none"},
             {"0", "'0' leaves no time: write at least 1ms, or none to wait without end"},
             {"0s", "'0s' leaves no time: write at least 1ms, or none to wait without end"},
             {"-5s",
              "'-5s' is no time: write a whole number and ms, s, min or h, as in 30s, or "
              "none"},
             {"1.5s",
              "'1.5s' is no time: write a whole number and ms, s, min or h, as in 30s, or "
              "none"},
             {"1,5s",
              "'1,5s' is no time: write a whole number and ms, s, min or h, as in 30s, or "
              "none"},
             {"", "'' is no time: write a whole number and ms, s, min or h, as in 30s, or none"},
             {"s", "'s' is no time: write a whole number and ms, s, min or h, as in 30s, or none"},
             {"None",
              "'None' is no time: write a whole number and ms, s, min or h, as in 30s, or "
              "none"},
             {" 5s",
              "' 5s' is no time: write a whole number and ms, s, min or h, as in 30s, or "
              "none"},
             {"5 s",
              "'5 s' has an unknown unit, ' s': write a whole number and ms, s, min or h, "
              "as in 30s, or none"},
             {"5m",
              "'5m' has an unknown unit, 'm': write a whole number and ms, s, min or h, as "
              "in 30s, or none"},
             {"5s\x1b",
              "'5s\\x1b' has an unknown unit, 's\\x1b': write a whole number and ms, s, "
              "min or h, as in 30s, or none"},
             {"8761h", "'8761h' is too much: the largest time is 8760h, or none"},
             {"18446744073709551616ms",
              "'18446744073709551616ms' is too much: the largest time is "
              "8760h, or none"},
             {"99999999999999999999",
              "'99999999999999999999' is too much: the largest time is "
              "8760h, or none"},
             {"5124095576030432h",
              "'5124095576030432h' is too much: the largest time is 8760h, or "
              "none"},
         }) {
        CHECK(sentence_of([&] { parse_timeout(mistake.text); }) == mistake.sentence);
    }
}

TEST_CASE("A time that may be zero is no timeout: nothing may stand instead",
          "[quantity][protocol]") {
    CHECK(parse_time("0ms") == milliseconds(0));
    CHECK(parse_time("0") == milliseconds(0));
    CHECK(parse_time("2min") == milliseconds(120'000));
    for (BadQuantity const& mistake : {
             BadQuantity{"none",
                         "'none' is no time: write a whole number and ms, s, min or h, as in 30s"},
             {"5", "'5' has no unit: write 5ms, 5s, 5min or 5h"},
         }) {
        CHECK(sentence_of([&] { parse_time(mistake.text); }) == mistake.sentence);
    }
}

TEST_CASE("A wrong size is a sentence with the remedy", "[quantity][protocol]") {
    for (BadQuantity const& mistake : {
             BadQuantity{"64", "'64' has no unit: write 64B, 64KiB or 64MiB"},
             {"0", "'0' leaves no room: write at least 1B"},
             {"0MiB", "'0MiB' leaves no room: write at least 1B"},
             {"none", "'none' is no size: write a whole number and B, KiB or MiB, as in 64KiB"},
             {"64K",
              "'64K' has an unknown unit, 'K': write a whole number and B, KiB or MiB, as "
              "in 64KiB"},
             {"64kib",
              "'64kib' has an unknown unit, 'kib': write a whole number and B, KiB or "
              "MiB, as in 64KiB"},
             {"9223372036854775808B",
              "'9223372036854775808B' is too much: the largest size is "
              "9223372036854775807B"},
             {"17592186044416MiB",
              "'17592186044416MiB' is too much: the largest size is "
              "9223372036854775807B"},
         }) {
        CHECK(sentence_of([&] { parse_size(mistake.text); }) == mistake.sentence);
    }
}

TEST_CASE("Times and sizes are written in the largest unit that divides them",
          "[quantity][protocol]") {
    CHECK(to_string(Timeout(milliseconds(90'000))) == "90s");
    CHECK(to_string(Timeout(milliseconds(300'000))) == "5min");
    CHECK(to_string(Timeout(milliseconds(1500))) == "1500ms");
    CHECK(to_string(Timeout(milliseconds(7'200'000))) == "2h");
    CHECK(to_string(Timeout(milliseconds(0))) == "0ms");
    CHECK(to_string(Timeout()) == "none");
    CHECK(size_to_string(64 * 1024) == "64KiB");
    CHECK(size_to_string(1000) == "1000B");
    CHECK(size_to_string(1024 * 1024) == "1MiB");
    CHECK(size_to_string(1024 * 1024 + 1) == "1048577B");
    CHECK(size_to_string(0) == "0B");
}

TEST_CASE("What is written reads back as the same time or size", "[quantity][protocol]") {
    for (int n = 1; n < 10'000'000; n = n * 5 / 4 + 1) {
        CHECK(parse_timeout(to_string(Timeout(milliseconds(n)))) == milliseconds(n));
        CHECK(parse_size(size_to_string(static_cast<std::size_t>(n))) ==
              static_cast<std::size_t>(n));
    }
}

}  // namespace roger
