// Searching one rate between those that hold and those that do not.
#include "load/bisection.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace roger {

namespace {

using Judge = std::function<LoadVerdict(double rate)>;

/// The rates that were tried.
std::vector<double> run_bisection(Bisection& bisection, Judge const& verdict_of) {
    std::vector<double> rates;
    while (auto const rate = bisection.next()) {
        rates.push_back(*rate);
        bisection.tell(verdict_of(*rate));
    }
    return rates;
}

LoadVerdict holds_if(bool condition) {
    return condition ? LoadVerdict::held : LoadVerdict::not_held;
}

}  // namespace

TEST_CASE("A bisection ends with a rate that holds closely below one that does not",
          "[search][load]") {
    for (double const guess : {1.0, 990.0, 1000.0, 1500.0, 80'000.0}) {
        Bisection bisection(guess, 1.04, 0.01);
        run_bisection(bisection, [](double rate) { return holds_if(rate < 1000); });
        REQUIRE(bisection.lower());
        REQUIRE(bisection.upper());
        CHECK(*bisection.lower() < 1000);
        CHECK(*bisection.upper() >= 1000);
        CHECK(*bisection.upper() <= *bisection.lower() * 1.01);
        CHECK_FALSE(bisection.upper_has_no_verdict());
    }
}

TEST_CASE("A bisection tries a rate that fails far above another twice", "[search][load]") {
    Bisection bisection(100, 2, 0.5);
    CHECK(run_bisection(bisection, [](double rate) { return holds_if(rate < 300); }) ==
          std::vector<double>{100, 200, 400, 400, std::sqrt(200 * 400)});
}

TEST_CASE("A bisection gives up below the lowest rate", "[search][load]") {
    Bisection bisection(3, 2, 0.03);
    CHECK(run_bisection(bisection, [](double) { return LoadVerdict::not_held; }) ==
          std::vector<double>{3, 1.5, 1, 1});
    CHECK_FALSE(bisection.lower());
}

TEST_CASE("A bisection tries a rate without a verdict again, from where it was", "[search][load]") {
    auto const server = [](double rate) { return holds_if(rate < 1000); };
    Bisection steady(100, 2, 0.03);
    std::vector<double> expected;
    for (double const rate : run_bisection(steady, server)) {
        expected.insert(expected.end(), 3, rate);
    }

    Bisection bisection(100, 2, 0.03);
    std::size_t tries = 0;
    CHECK(run_bisection(bisection, [&](double rate) {
              return ++tries % 3 == 0 ? server(rate) : LoadVerdict::none;
          }) == expected);
    CHECK(bisection.lower() == steady.lower());
    CHECK(bisection.upper() == steady.upper());
    CHECK_FALSE(bisection.upper_has_no_verdict());
}

TEST_CASE("A rate that has no verdict three times ends a bisection upwards", "[search][load]") {
    Bisection bisection(100, 2, 0.5);
    CHECK(run_bisection(bisection, [](double rate) {
              return rate < 150 ? LoadVerdict::held : LoadVerdict::none;
          }) == std::vector<double>{100, 200, 200, 200, std::sqrt(100 * 200)});
    CHECK(bisection.upper_has_no_verdict());
}

}  // namespace roger
