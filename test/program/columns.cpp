// Texts are as wide as a terminal shows them.
#include "program/columns.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace roger {

TEST_CASE("Columns are counted by characters, and wide ones twice", "[program]") {
    CHECK(columns_of("") == 0);
    CHECK(columns_of("p99 3.21ms") == 10);
    CHECK(columns_of("106µs") == 5);
    CHECK(columns_of("a…–✓") == 4);
    CHECK(columns_of("東京") == 4);
    CHECK(size_of_columns("µµµ", 2) == 4);
    CHECK(size_of_columns("東京", 3) == 3);
    CHECK(size_of_columns("東京", 9) == 6);
}

TEST_CASE("A text that is too wide is cut between characters", "[program]") {
    CHECK(cut_to_columns("106µs", 5) == "106µs");
    CHECK(cut_to_columns("106µs", 4) == "106…");
    CHECK(cut_to_columns("10µµs", 4) == "10µ…");
    CHECK(cut_to_columns("東京都", 5) == "東京…");
    CHECK(cut_to_columns("東京都", 4) == "東…");
    CHECK(cut_to_columns("ab", 1) == "…");
    CHECK(cut_to_columns("", 1).empty());
}

}  // namespace roger
