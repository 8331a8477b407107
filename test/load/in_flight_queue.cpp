// Messages in flight: first in, first out, round and round.
#include "load/in_flight_queue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>

namespace roger {

namespace {

Sent message(int number) {
    Clock::time_point const planned{std::chrono::seconds(number)};
    return {.planned = planned, .sent = planned + std::chrono::milliseconds(1)};
}

bool is_message(Sent const& sent, int number) {
    return sent.planned == message(number).planned && sent.sent == message(number).sent;
}

}  // namespace

TEST_CASE("A flight gives back its messages in order, however often it wraps around", "[load]") {
    for (std::size_t const most : {1U, 2U, 3U, 7U}) {
        for (std::size_t in_flight = 1; in_flight <= most; ++in_flight) {
            CAPTURE(most, in_flight);
            InFlightQueue flight(most);
            CHECK(flight.empty());
            int pushed = 0;
            int popped = 0;
            while (popped < 50) {
                while (flight.size() < in_flight) {
                    flight.push(message(pushed++));
                }
                CHECK(flight.full() == (in_flight == most));
                REQUIRE(is_message(flight.oldest(), popped));
                REQUIRE(is_message(flight.pop(), popped));
                ++popped;
                CHECK(flight.size() == in_flight - 1);
            }
        }
    }
}

TEST_CASE("A flight that may be long is in order however it grows", "[load]") {
    InFlightQueue flight(65536);
    int pushed = 0;
    int popped = 0;
    for (int round = 0; round < 200; ++round) {
        for (int i = 0; i < 7; ++i) {
            flight.push(message(pushed++));
        }
        for (int i = 0; i < 3; ++i) {
            REQUIRE(is_message(flight.pop(), popped++));
        }
    }
    while (!flight.empty()) {
        REQUIRE(is_message(flight.pop(), popped++));
    }
    CHECK(popped == pushed);
}

TEST_CASE("A flight that is filled and emptied is as it was", "[load]") {
    InFlightQueue flight(3);
    int number = 0;
    for (int round = 0; round < 5; ++round) {
        int const first = number;
        while (!flight.full()) {
            flight.push(message(number++));
        }
        for (int i = first; i < number; ++i) {
            CHECK(is_message(flight.pop(), i));
        }
        CHECK(flight.empty());
        CHECK(flight.size() == 0);
    }
}

}  // namespace roger
