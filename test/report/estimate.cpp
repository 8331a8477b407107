// Means that are known from a few values, and how well.
#include "report/estimate.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

namespace roger {

using Catch::Approx;

TEST_CASE("Student's t is what tables have", "[estimate][load]") {
    CHECK(student_t(0.975, 1) == Approx(12.7062).epsilon(1e-4));
    CHECK(student_t(0.995, 1) == Approx(63.6567).epsilon(1e-4));
    CHECK(student_t(0.975, 2) == Approx(4.30265).epsilon(1e-4));
    CHECK(student_t(0.975, 4) == Approx(2.77645).epsilon(1e-4));
    CHECK(student_t(0.995, 18) == Approx(2.87844).epsilon(1e-4));
    CHECK(student_t(0.975, 100) == Approx(1.98397).epsilon(1e-4));
    CHECK(student_t(0.975, 1e9) == Approx(1.95996).epsilon(1e-3));
    CHECK(student_t(0.5, 3) == 0);
}

TEST_CASE("A mean is known as well as its values agree", "[estimate][load]") {
    Estimate const estimate = estimate_mean({1, 2, 3, 4, 5});
    CHECK(estimate.mean == 3);
    CHECK(estimate.variance == Approx(0.5));
    CHECK(estimate.freedom == 4);
    CHECK(estimate_mean({7, 7, 7}).variance == 0);
}

TEST_CASE("Values that resemble the ones before them count less", "[estimate][load]") {
    std::vector<double> alternating;
    std::vector<double> in_runs;
    for (std::size_t i = 0; i < 40; ++i) {
        alternating.push_back(i % 2 == 0 ? 1 : 2);
        in_runs.push_back(i / 10 % 2 == 0 ? 1 : 2);
    }
    CHECK(effective_count(alternating) == 40);
    CHECK(effective_count(in_runs) < 10);
    CHECK(effective_count({3, 3}) == 2);
}

TEST_CASE("However much values resemble each other, some count", "[estimate][load]") {
    std::vector<double> rising;
    for (std::size_t all = 1; all <= 60; ++all) {
        rising.push_back(static_cast<double>(all));
        if (all == 2 || all == 4 || all == 10 || all == 60) {
            double const fewest = all == 60 ? 12 : all == 2 ? 2 : 4;
            CHECK(effective_count(rising) == Approx(fewest));
        }
    }
}

TEST_CASE("Values that are independent count in full, but for chance", "[estimate][load]") {
    std::mt19937 random(1);
    std::normal_distribution<> normal;
    double counted = 0;
    constexpr int series = 200;
    for (int i = 0; i < series; ++i) {
        std::vector<double> values(30);
        std::ranges::generate(values, [&] { return normal(random); });
        counted += effective_count(values) / 30;
    }
    CHECK(counted > series * 0.8);
}

}  // namespace roger
