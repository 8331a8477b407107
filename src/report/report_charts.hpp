// A report's charts.
#pragma once

#include "report/chart.hpp"
#include "report/report.hpp"

#include <vector>

namespace roger {

/// Response, service and connect times by percentile; none of what was not measured. Nothing if no
/// time was measured at all.
std::vector<Chart> percentile_charts(Latencies const& latencies);

/// Throughput, failures if there were any, and response times if there were any, over the measured
/// time. Many intervals are taken together, so that none has more than a thousand points. Nothing
/// if there are no intervals.
std::vector<Chart> time_charts(Report const& report);

}  // namespace roger
