// Poisson arrivals: as many as were asked for, independent of each other.
#include "load/plan.hpp"
#include "load/planned_messages.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <map>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;
using namespace test;

/// Seconds from each to the next.
std::vector<double> gaps_of(std::vector<Planned> const& all) {
    std::vector<double> gaps;
    for (std::size_t i = 1; i < all.size(); ++i) {
        gaps.push_back(std::chrono::duration<double>(all[i].at - all[i - 1].at).count());
    }
    return gaps;
}

/// The largest difference of the gaps' distribution to that of independent arrivals
/// (Kolmogorov and Smirnov's), times the root of their number: above 1.95 once in a thousand.
double distance_from_exponential(std::vector<double> gaps, double rate) {
    std::ranges::sort(gaps);
    auto const count = static_cast<double>(gaps.size());
    double most = 0;
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        double const expected = 1 - std::exp(-rate * gaps[i]);
        most = std::max({most, expected - static_cast<double>(i) / count,
                         static_cast<double>(i + 1) / count - expected});
    }
    return most * std::sqrt(count);
}

}  // namespace

TEST_CASE("Poisson arrivals have the rate asked for and exponential gaps", "[load]") {
    constexpr double rate = 200;
    for (std::size_t const clients : {1U, 10U}) {
        CAPTURE(clients);
        auto const all = play_all(open_loop(clients, rate, Arrivals::poisson), 1, from_begin(100s));
        CHECK(std::abs(static_cast<double>(all.size()) - 100 * rate) < 3 * std::sqrt(100 * rate));
        CHECK(distance_from_exponential(gaps_of(all), rate) < 1.95);

        std::map<std::size_t, std::vector<Planned>> by_client;
        for (Planned const& each : all) {
            by_client[each.client].push_back(each);
        }
        REQUIRE(by_client.size() == clients);
        for (auto const& [client, messages] : by_client) {
            CHECK(distance_from_exponential(gaps_of(messages),
                                            rate / static_cast<double>(clients)) < 1.95);
        }
    }
}

TEST_CASE("Threads do not repeat each other's Poisson arrivals", "[load]") {
    auto const settings = open_loop(6, 300, Arrivals::poisson);
    auto const all = play_all(settings, 3, from_begin(20s));
    CHECK(std::abs(static_cast<double>(all.size()) - 6000) < 3 * std::sqrt(6000));
    CHECK(std::ranges::adjacent_find(all, {}, &Planned::at) == all.end());
    CHECK(distance_from_exponential(gaps_of(all), 300) < 1.95);
}

TEST_CASE("So many Poisson arrivals take as long as their rate says", "[load]") {
    // Arrivals of which it is known how many there are in a time are spread over it evenly.
    for (std::size_t const clients : {1U, 7U, 100U}) {
        CAPTURE(clients);
        auto settings = open_loop(clients, 100, Arrivals::poisson);
        settings.messages = 5000;
        auto const all = play_all(settings, 2, timeline_of(settings));
        REQUIRE(all.size() == 5000);
        CHECK(all.back().at < begin + 50s);
        CHECK(all.back().at > begin + 49s);
        CHECK(distance_from_exponential(gaps_of(all), 100) < 1.95);
    }
}

TEST_CASE("Poisson arrivals of the warm-up are not counted", "[load]") {
    auto settings = open_loop(4, 1000, Arrivals::poisson);
    settings.messages = 30;
    auto const all = play_all(settings, 2, timeline_of(settings, 1s));
    CHECK(measured(all) == 30);
    CHECK(std::abs(static_cast<double>(all.size()) - 1030) < 3 * std::sqrt(1000));
    CHECK(all.front().at >= begin - 1s);
}

}  // namespace roger
