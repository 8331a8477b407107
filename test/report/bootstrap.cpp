// How well a figure of a run is known from that run alone.
#include "report/bootstrap.hpp"

#include "report/simulated_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace roger {

TEST_CASE("A bootstrap knows how much a figure differs from run to run", "[diff][load][sweep]") {
    for (double const likeness : {0.0, 0.5}) {
        Behaviour const behaviour = {.drift = 0.1, .likeness = likeness, .clients = 0.1};
        for (ComparedFigure const& figure : compared_figures) {
            if (figure.is_of_one_message || figure.unit == FigureUnit::share) {
                continue;
            }
            CAPTURE(likeness, figure.name);
            std::vector<double> figures;
            std::vector<double> variances;
            for (std::uint32_t seed = 0; seed != 200; ++seed) {
                auto const estimate =
                    bootstrap(figure, IntervalSample(SimulatedServer(behaviour, seed).report(30)));
                REQUIRE(estimate);
                figures.push_back(estimate->mean);
                variances.push_back(estimate->variance);
            }
            double const ratio = mean_of(variances) / variance_of(figures);
            CHECK(ratio > 0.8);
            CHECK(ratio < (likeness == 0 ? 2 : 3));  // too much rather than too little
        }
    }
}

TEST_CASE("A bootstrap of the same run is the same", "[diff][load]") {
    IntervalSample const run(SimulatedServer({.drift = 0.1}, 1).report(10));
    auto const once = bootstrap(compared_mean, run);
    auto const again = bootstrap(compared_mean, run);
    REQUIRE(once);
    REQUIRE(again);
    CHECK(once->variance > 0);
    CHECK(once->variance == again->variance);
}

TEST_CASE("A bootstrap takes five intervals that have the figure", "[diff][load]") {
    Report report = SimulatedServer({}, 1).report(5);
    CHECK(bootstrap(compared_mean, IntervalSample(report)));
    report = SimulatedServer({}, 1).report(4);
    CHECK_FALSE(bootstrap(compared_mean, IntervalSample(report)));
}

}  // namespace roger
