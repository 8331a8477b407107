// The axis of a chart: what it spans, and the round numbers that stand beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace roger {

/// What fits below a plot, in CSS pixels: the narrowest plot, which is a phone's; the
/// narrowest that has minor labels (page_style decides that); a letter of a label; how far the last
/// label may stick out to the right.
inline constexpr double narrowest_plot_px = 260;
inline constexpr double narrowest_plot_with_minor_px = 590;
inline constexpr double letter_px = 7.3;
inline constexpr int label_overhang_px = 10;

struct Tick {
    double at;  ///< in the axis's own unit
    std::string label;
    bool minor = false;  ///< its label is left out where the page is narrow
};

/// What a chart shows lies between `low` and `high`. On a logarithmic axis both are positive.
struct Axis {
    enum class Scale : std::uint8_t { linear, logarithmic };

    Scale scale = Scale::linear;
    double low = 0;
    double high = 1;
    std::vector<Tick> ticks = {};

    /// Where `value` is, from 0 to 1. What lies beyond an edge, or is no number, is at an edge.
    [[nodiscard]] double position(double value) const;
};

using Label = std::string (*)(double);

/// Evenly apart from 0 on, each a 1, 2 or 5 with zeros; at most `most` (at least 2) and the last
/// not below `high`. A `high` that is not positive and finite counts as 1.
std::vector<double> round_ticks(double high, std::size_t most);

/// Each a 1, 2 or 5 with zeros: all of them from the last not above `low` to the first not below
/// `high`, and two at least. Both are positive, and `high` is not below `low`.
std::vector<double> round_numbers(double low, double high);

/// From 0 to the last of round_ticks(high, most_ticks).
Axis linear_axis(double high, std::size_t most_ticks, Label label);

/// From the first to the last of round_numbers(low, high), with so many ticks as are legible.
Axis logarithmic_axis(double low, double high, Label label);

/// From 0 to exactly `seconds`, with ticks that people count time by: 5s, 30s, 10min.
Axis time_axis(double seconds);

/// Where a percentile stands on the axis of percentiles: 0 is at 0, 90 at 1, 99 at 2, 99.9 at 3.
double percentile_position(double percent);

/// The reverse of it.
double percentile_at(double position);

/// Of such positions, from 0 to `high`: 0%, 50%, 90%, 99%, 99.9%.
Axis percentile_axis(double high);

}  // namespace roger
