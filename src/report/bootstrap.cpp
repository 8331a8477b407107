// Resampling a run's intervals.
#include "report/bootstrap.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace roger {

namespace {

/// How many of the intervals are independent of each other. What few messages of an interval tell
/// of its percentiles is so noisy that it hides what neighbours have in common, and its mean shows.
std::size_t independent_in(ComparedFigure const& figure, IntervalSample const& run) {
    double const count = effective_count(series_of(figure, run).values);
    double const by_mean = figure.unit == FigureUnit::us
                               ? effective_count(series_of(compared_mean, run).values)
                               : count;
    return static_cast<std::size_t>(std::min(count, by_mean));
}

}  // namespace

std::optional<Estimate> bootstrap(ComparedFigure const& figure, IntervalSample const& run) {
    IntervalSample::Selection const items = series_of(figure, run).items;
    std::size_t const intervals = items.size();
    if (intervals < fewest_intervals) {
        return std::nullopt;
    }
    IntervalSample::Selection drawn(independent_in(figure, run));
    std::mt19937 random;  // seeded alike each time
    auto const draw = [&] {
        constexpr int bits = 32;
        return items[(std::uint64_t{random()} * intervals) >> bits];
    };
    std::vector<double> values(200);
    for (double& value : values) {
        std::ranges::generate(drawn, draw);
        value = figure.in_intervals(run, drawn).value();
    }
    // Drawn from a few, they vary less than what those few were drawn from.
    auto const count = static_cast<double>(drawn.size());
    return Estimate{.mean = figure.in_intervals(run, run.all()).value(),
                    .variance = variance_of(values) * count / (count - 1),
                    .freedom = count - 1};
}

}  // namespace roger
