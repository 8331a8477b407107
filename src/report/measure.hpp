// A figure of a load test, and how well it is known.
#pragma once

#include "report/objective.hpp"
#include "report/report.hpp"

#include <string>

namespace roger {

/// In the unit of an objective's limit. A load tester that was held up itself has measured longer
/// times, fewer messages and more failures than there were: the server's own figure is between
/// `least` and `most`, which are mostly the same.
struct Measured {
    double least = 0;
    double most = 0;
    std::string text;   ///< as it was measured
    bool known = true;  ///< else there was nothing to measure: the text explains why
};

/// A message without an answer counts as one that would have been answered no sooner than the
/// timeout allows. (Those that were refused or answered wrongly count for no time.)
Measured measure(Report const& report, Objective const& objective);

}  // namespace roger
