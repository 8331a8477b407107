// What changed from one load test to another, in words.
#include "report/diff.hpp"
#include "report/simulated_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>

namespace roger {

TEST_CASE("A difference is shown as a sentence and a table", "[diff][load]") {
    Difference const difference = {
        .judgement = Judgement::worse,
        .comparisons =
            {{.name = "p50",
              .before = 812,
              .after = 893.2,
              .change = Comparison::Change{10, 8.04, 11.96},
              .judgement = Judgement::worse},
             {.name = "p99",
              .before = 2000,
              .after = 861'000,
              .change = Comparison::Change{42'950, -91, 1.6e7}},
             {.name = "max", .before = 3000, .after = 2800, .judgement = Judgement::no_worse},
             {.name = "mean",
              .before = 108,
              .after = 3940,
              .change = Comparison::Change{3548, 992.4, 7654},
              .judgement = Judgement::worse},
             {.name = "failed",
              .unit = FigureUnit::share,
              .before = 0,
              .after = 0.0002,
              .change = Comparison::Change{0.02, 0.01, 0.03},
              .judgement = Judgement::no_worse},
             {.name = "rate",
              .unit = FigureUnit::per_second,
              .before = 1000,
              .after = 1100,
              .change = Comparison::Change{10, 9, 11},
              .judgement = Judgement::no_worse,
              .better = true}},
        .warnings = {"something"},
        .is_comparable = true};
    CHECK(to_text(difference) ==
          "Worse: p50, mean\n"
          "Warning: something\n"
          "\n"
          "               old        new     change (95% confidence)\n"
          "p50          812µs      893µs     +10.0% (+8.0 to +12.0)    worse\n"
          "p99         2.00ms      861ms    +42950% (-91.0 to >+99999) cannot tell\n"
          "max         3.00ms     2.80ms          -                    no stall\n"
          "mean         108µs     3.94ms     +3548% (+992.4 to +7654)  worse\n"
          "failed          0%      0.02%    +0.02pp (+0.01 to +0.03)   no worse\n"
          "rate       1,000/s    1,100/s     +10.0% (+9.0 to +11.0)    better\n");
}

TEST_CASE("A stall is shown with its place", "[diff][load]") {
    Incident const stall = {
        .kind = "stall", .from_s = 15, .to_s = 16.5, .worst = 998'000, .without = 5200};
    Difference const difference = {.judgement = Judgement::worse,
                                   .comparisons = {{.name = "max",
                                                    .before = 5030,
                                                    .after = 998'000,
                                                    .judgement = Judgement::worse,
                                                    .incident_after = stall,
                                                    .worse_by_incident = true}},
                                   .warnings = {},
                                   .is_comparable = true};
    CHECK(to_text(difference) ==
          "Worse: max (stall)\n"
          "\n"
          "               old        new     change (95% confidence)\n"
          "max         5.03ms      998ms          -                    worse: stall\n"
          "\n"
          "The new report has a stall, 15s to 16.5s: max 998ms there, 5.20ms in the rest of it\n"
          "It may be chance: to know, test several times, and compare OLD... --new NEW...\n");
}

TEST_CASE("Of several reports a side it is shown how many they are", "[diff][load]") {
    auto const report = [](std::uint32_t seed) { return SimulatedServer({}, seed).report(5); };
    std::string const text =
        to_text(compare({report(1), report(2), report(3)}, {report(4), report(5)}));
    CAPTURE(text);
    CHECK(text.find("           old (3)    new (2)     change (95% confidence)\n") !=
          std::string::npos);
}

}  // namespace roger
