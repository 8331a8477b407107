// The axis of a chart.
#include "report/axis.hpp"

#include "program/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace roger {

namespace {

constexpr std::array<double, 4> round_digits = {1, 2, 5, 10};

/// A division whose result should have been whole is off by about so much.
constexpr double rounding_error = 1e-9;

constexpr double minute_s = 60;
constexpr double hour_s = 3600;

double decade_below(double value) {
    return std::pow(10, std::floor(std::log10(value) + rounding_error));
}

/// The smallest 1, 2 or 5 with zeros that is not below `value`.
double round_up(double value) {
    double const decade = decade_below(value);
    auto const* const digit = std::ranges::find_if(
        round_digits, [&](double d) { return d * decade >= value * (1 - rounding_error); });
    return decade * (digit == round_digits.end() ? 10 : *digit);
}

/// So long a step that at most `most` of them fit into `seconds`.
double time_step(double seconds, double most) {
    constexpr std::array<double, 15> steps = {1,   2,   5,    10,   20,   30,   60,        120,
                                              300, 600, 1200, 1800, 3600, 7200, 4 * hour_s};
    if (seconds / most < steps.front()) {
        return round_up(seconds / most);
    }
    auto const* const fits =
        std::ranges::find_if(steps, [&](double step) { return seconds / step <= most; });
    return fits == steps.end() ? std::ceil(seconds / most / hour_s) * hour_s : *fits;
}

/// In the unit that `step` is whole in, so that all labels of an axis are in the same.
std::string time_label(double seconds, double step) {
    if (seconds == 0) {
        return "0";
    }
    if (step < 1) {
        return short_duration_text(seconds * 1e6);
    }
    if (std::fmod(step, hour_s) == 0) {
        return fmt::format("{:.0f}h", seconds / hour_s);
    }
    if (std::fmod(step, minute_s) == 0) {
        return fmt::format("{:.0f}min", seconds / minute_s);
    }
    return fmt::format("{:.0f}s", seconds);
}

/// How far from each other labels of so many letters have to be. The last one is shifted to the
/// left, by half of itself but for what may stick out.
double label_distance_px(std::size_t letters) {
    constexpr double gap_px = 4;
    return 1.5 * static_cast<double>(letters) * letter_px - label_overhang_px + gap_px;
}

/// Of ticks that are so far apart, the number n of which every nth label fits.
int ticks_between_labels(double tick_px, std::size_t letters) {
    return static_cast<int>(std::ceil(label_distance_px(letters) / tick_px));
}

}  // namespace

double Axis::position(double value) const {
    double share = (value - low) / (high - low);
    if (scale == Scale::logarithmic) {
        share = value > low ? std::log(value / low) / std::log(high / low) : 0;
    }
    return share > 0 ? std::min(share, 1.0) : 0;
}

std::vector<double> round_ticks(double high, std::size_t most) {
    double const top = std::isfinite(high) && high > 0 ? high : 1;
    double const step = round_up(top / static_cast<double>(most - 1));
    auto const steps = static_cast<std::size_t>(std::ceil(top / step - rounding_error));
    std::vector<double> ticks;
    for (std::size_t i = 0; i <= steps; ++i) {
        ticks.push_back(static_cast<double>(i) * step);
    }
    return ticks;
}

std::vector<double> round_numbers(double low, double high) {
    std::vector<double> numbers;
    for (double decade = decade_below(low);; decade *= 10) {
        for (double const digit : {1, 2, 5}) {
            double const number = digit * decade;
            if (number <= low * (1 + rounding_error)) {
                numbers.assign(1, number);
                continue;
            }
            numbers.push_back(number);
            if (number >= high * (1 - rounding_error)) {
                return numbers;
            }
        }
    }
}

Axis linear_axis(double high, std::size_t most_ticks, Label label) {
    Axis axis;
    for (double const at : round_ticks(high, most_ticks)) {
        axis.ticks.push_back({.at = at, .label = label(at)});
    }
    axis.high = axis.ticks.back().at;
    return axis;
}

Axis logarithmic_axis(double low, double high, Label label) {
    constexpr std::size_t legible_ticks = 7;
    std::vector<double> const numbers = round_numbers(low, high);
    Axis axis{.scale = Axis::Scale::logarithmic, .low = numbers.front(), .high = numbers.back()};
    for (double const at : numbers) {
        bool const decade = std::abs(at / decade_below(at) - 1) < rounding_error;
        if (decade || numbers.size() <= legible_ticks) {
            axis.ticks.push_back({.at = at, .label = label(at)});
        }
    }
    return axis;
}

Axis time_axis(double seconds) {
    constexpr double most_steps = 10;
    double const end = std::isfinite(seconds) && seconds > 0 ? seconds : 1;
    double const step = time_step(end, most_steps);
    std::size_t longest = 0;
    Axis axis{.high = end};
    for (double i = 0; i * step <= end * (1 + rounding_error); ++i) {
        axis.ticks.push_back({.at = i * step, .label = time_label(i * step, step)});
        longest = std::max(longest, axis.ticks.back().label.size());
    }
    auto const between =
        static_cast<std::size_t>(ticks_between_labels(narrowest_plot_px * step / end, longest));
    for (std::size_t i = 0; i != axis.ticks.size(); ++i) {
        axis.ticks[i].minor = i % between != 0;
    }
    return axis;
}

double percentile_position(double percent) {
    return -std::log10(1 - percent / 100);
}

double percentile_at(double position) {
    return 100 * (1 - std::pow(10, -position));
}

Axis percentile_axis(double high) {
    constexpr double room_for_half = 6;
    // 99.99%: two letters more than nines.
    std::size_t const letters = static_cast<std::size_t>(high) + 2;
    int const step = ticks_between_labels(narrowest_plot_with_minor_px / high, letters);
    // A multiple of the former, since other nines have no tick.
    int const phone_step =
        (ticks_between_labels(narrowest_plot_px / high, letters) + step - 1) / step * step;
    Axis axis{.high = high};
    axis.ticks.push_back({.at = 0, .label = "0%"});
    if (high <= room_for_half) {
        axis.ticks.push_back({.at = percentile_position(50), .label = "50%", .minor = true});
    }
    for (int nines = step; nines <= high + rounding_error; nines += step) {
        axis.ticks.push_back({
            .at = static_cast<double>(nines),
            .label = fmt::format("{:.{}f}%", percentile_at(nines), std::max(nines - 2, 0)),
            .minor = nines % phone_step != 0,
        });
    }
    return axis;
}

}  // namespace roger
