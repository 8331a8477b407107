// The rate that was asked for, as charts show it.
#pragma once

#include "report/chart.hpp"
#include "report/report.hpp"

#include <optional>

namespace roger {

/// Up to `end_s` of the measured time. Nothing: a closed loop, or no time.
std::optional<Level> asked_level(Asked const& asked, double end_s);

}  // namespace roger
