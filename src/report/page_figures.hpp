// Figures on a report's page, of which there may be none.
#pragma once

#include "program/units.hpp"
#include "report/histogram.hpp"

#include <string>
#include <string_view>

namespace roger {

/// Instead of a figure that there is none of.
inline constexpr std::string_view no_figure = "–";

inline std::string mean_text(Histogram const& durations) {
    return durations.empty() ? std::string(no_figure) : duration_text(durations.mean_us());
}

inline std::string percentile_text(Histogram const& durations, double percent,
                                   std::string_view none = no_figure) {
    return durations.resolves(percent)
               ? duration_text(static_cast<double>(durations.percentile_us(percent)))
               : std::string(none);
}

}  // namespace roger
