// A report's intervals for spreadsheets and plotters.
#pragma once

#include "report/report.hpp"

#include <string>

namespace roger {

/// RFC 4180, with a line of names first: one line for each interval. Seconds, messages, and
/// microseconds; a time that there is none of, since nothing was acked, is empty.
std::string to_csv(Report const& report);

}  // namespace roger
