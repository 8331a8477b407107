// What became of the messages, as a part of a report's page.
#pragma once

#include "report/report.hpp"

#include <string>

namespace roger {

/// HTML: a bar of the outcomes' shares, and a table with their reasons and their sum.
std::string outcomes_html(Report const& report);

}  // namespace roger
