// A report's charts.
#pragma once

#include "report/chart.hpp"
#include "report/report.hpp"

#include <string>
#include <vector>

namespace roger {

/// Response, service and connect times by percentile; none of what was not measured. Nothing if no
/// time was measured at all.
std::vector<Chart> percentile_charts(Latencies const& latencies);

struct TimeCharts {
    std::vector<Chart> charts;
    std::string note;  ///< what they show inexactly, or not at all; may be empty
};

/// Throughput, failures if there were any, and response times if there were any, over the measured
/// time. Many intervals are taken together, so that none has more than a thousand points, and a
/// rest of less than half an interval goes with the one before it, since a rate or a percentile of
/// next to no time says nothing. Nothing if there are no intervals.
TimeCharts time_charts(Report const& report);

}  // namespace roger
