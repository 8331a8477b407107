// The top of a report's page: what was tested, the verdict, and the figures that matter most.
#pragma once

#include "report/report.hpp"

#include <string>

namespace roger {

/// HTML: the address and when, the verdict, key figures, and what was asked for against what came.
/// Throws like verdict_of.
std::string head_html(Report const& report);

}  // namespace roger
