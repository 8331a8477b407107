// Clients come in the order of their next messages.
#include "load/pacer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <random>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;

/// A pacer knows clients by their places only.
std::array<std::max_align_t, 100> places;

LoadClient& client(std::size_t number) {
    return reinterpret_cast<LoadClient&>(places[number]);
}

std::size_t number_of(LoadClient const& client) {
    return static_cast<std::size_t>(reinterpret_cast<std::max_align_t const*>(&client) -
                                    places.data());
}

Clock::time_point at(int ms) {
    return Clock::time_point(1h + std::chrono::milliseconds(ms));
}

}  // namespace

TEST_CASE("A pacer without clients waits for nobody", "[load]") {
    CHECK(Pacer(3).next() == ClientSchedule::none);
}

TEST_CASE("A pacer gives clients in the order in which they are due", "[load]") {
    std::mt19937 random(1);
    std::vector<int> moments(places.size());
    std::ranges::generate(moments, [&] { return static_cast<int>(random() % 50); });
    Pacer pacer(places.size());
    for (std::size_t i = 0; i < moments.size(); ++i) {
        pacer.add(at(moments[i]), client(i));
    }
    std::vector<std::size_t> seen;
    for (int last = 0; pacer.next() != ClientSchedule::none;) {
        auto const next = pacer.next();
        std::size_t const number = number_of(pacer.pop());
        REQUIRE(next == at(moments[number]));
        REQUIRE(moments[number] >= last);
        last = moments[number];
        seen.push_back(number);
    }
    std::ranges::sort(seen);
    CHECK(seen.size() == places.size());
    CHECK(std::ranges::adjacent_find(seen) == seen.end());
}

TEST_CASE("A client that comes back to a pacer waits for its new moment", "[load]") {
    Pacer pacer(2);
    pacer.add(at(10), client(0));
    pacer.add(at(20), client(1));
    CHECK(number_of(pacer.pop()) == 0);
    pacer.add(at(30), client(0));
    CHECK(pacer.next() == at(20));
    CHECK(number_of(pacer.pop()) == 1);
    CHECK(pacer.next() == at(30));
    pacer.add(at(5), client(1));
    CHECK(number_of(pacer.pop()) == 1);
    CHECK(number_of(pacer.pop()) == 0);
    CHECK(pacer.next() == ClientSchedule::none);
}

}  // namespace roger
