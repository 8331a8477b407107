// The figures of a load test that are compared with those of another.
#pragma once

#include "report/interval_sample.hpp"
#include "report/report.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace roger {

enum class FigureUnit : std::uint8_t { us, per_second, share };

/// A change of a time or a rate is a ratio, and their noise is in proportion to them. So what is
/// compared is their logarithm; a share is compared directly. That is the figure's scale.
struct ComparedFigure {
    std::string_view name;
    FigureUnit unit;
    /// As the report shows it. Nothing: it has none.
    std::optional<double> (*in_report)(Report const& report);
    /// On the scale. Nothing: the selection has no messages.
    std::optional<double> (*in_intervals)(IntervalSample const& sample,
                                          IntervalSample::Selection const& selection);
    /// How much of what a report shows may be the load tester's own part, on the scale: the
    /// server's own time or share may be lower by so much, its rate higher.
    double (*own_part)(Report const& report);
    bool more_is_worse = true;
    bool may_be_noisy = false;       ///< without it, one can tell all the same
    bool is_of_one_message = false;  ///< so resampling tells nothing about it
    std::string_view incident = {};  ///< what makes it far worse in a few intervals; empty: nothing

    [[nodiscard]] double to_scale(double value) const {
        return unit == FigureUnit::share ? value : std::log(value);
    }
    [[nodiscard]] double from_scale(double scaled) const {
        return unit == FigureUnit::share ? scaled : std::exp(scaled);
    }
    /// A difference on the scale in percent; of a share in percentage points.
    [[nodiscard]] double percent(double difference) const {
        return 100 * (unit == FigureUnit::share ? difference : std::expm1(difference));
    }
    /// A smaller difference is not worth a word; on the scale.
    [[nodiscard]] double margin() const {
        return unit == FigureUnit::share ? 0.001 : std::log(1.05);
    }
};

extern std::array<ComparedFigure, 6> const compared_figures;
inline ComparedFigure const& compared_mean = compared_figures[0];

/// A figure in each interval that has it, on its scale.
struct ScaledSeries {
    IntervalSample::Selection items;  ///< each value's
    std::vector<double> values;
};
ScaledSeries series_of(ComparedFigure const& figure, IntervalSample const& sample);

}  // namespace roger
