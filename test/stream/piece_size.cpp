// Pieces of a block on a slow way.
#include "stream/piece_size.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>

namespace roger::test {

using namespace std::chrono_literals;

TEST_CASE("A piece without an answer in time is halved, down to a least", "[stream]") {
    PieceSize size;
    size.not_answered(1'000'000);
    CHECK(size.most() == 500'000);
    size.not_answered(300'000);
    CHECK(size.most() == 150'000);
    for (int round = 0; round != 10; ++round) {
        size.not_answered(size.most());
    }
    CHECK(size.most() == PieceSize::least);
}

TEST_CASE("What is small is not without an answer because of its size", "[stream]") {
    PieceSize size;
    size.not_answered(1000);
    CHECK(size.most() > 1'000'000'000);
}

TEST_CASE("Pieces that are stored quickly grow", "[stream]") {
    PieceSize size;
    size.not_answered(100'000);
    size.stored(49'000, 501ms);
    CHECK(size.most() == 50'000);
    size.stored(24'000, 1ms);
    CHECK(size.most() == 50'000);
    size.stored(49'000, 500ms);
    CHECK(size.most() == 100'000);
    for (int round = 0; round != 100; ++round) {
        size.stored(size.most(), 1ms);
    }
    CHECK(size.most() > 1'000'000'000);
}

}  // namespace roger::test
