// A report as a page.
#pragma once

#include "report/report.hpp"

#include <string>

namespace roger {

/// One page in one file: it loads nothing, runs no script, and follows the reader's choice of light
/// or dark. Whatever the report holds, the page is valid XML and shows that as text.
/// Throws like verdict_of.
std::string to_html(Report const& report);

}  // namespace roger
