// Distributions: as they are written, and the values they give.
#include "load/distribution.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace roger {

namespace {

double number(std::string_view text) {
    return std::stod(std::string(text));
}

std::string text_of(double value) {
    return std::to_string(static_cast<int>(value));
}

}  // namespace

TEST_CASE("A distribution is one value, a range, or exponential", "[load]") {
    CHECK(Distribution::parse("7", number) == Distribution::fixed(7));
    CHECK(Distribution::parse("7-9", number) == Distribution{.low = 7, .high = 9});
    CHECK(Distribution::parse("exp:7", number) ==
          Distribution{.low = 7, .high = 7, .kind = Distribution::Kind::exponential});
    for (std::string_view const text : {"7", "7-9", "exp:7"}) {
        CHECK(Distribution::parse(text, number).text(text_of) == text);
    }
    CHECK_THROWS_AS(Distribution::parse("9-7", number), std::invalid_argument);
}

TEST_CASE("A distribution's values are where it says", "[load]") {
    CHECK(Distribution::fixed(7).value(0.3) == 7);
    CHECK(Distribution{.low = 7, .high = 9}.value(1) == 7);
    CHECK(Distribution{.low = 7, .high = 9}.value(0.5) == 8);
    Distribution const exponential = Distribution::parse("exp:10", number);
    CHECK(exponential.value(1) == 0);
    CHECK(exponential.value(0.5) > 6.93);
    CHECK(exponential.value(0.5) < 6.94);
}

}  // namespace roger
