// A report as a person reads it on a terminal.
#pragma once

#include "report/report.hpp"

#include <cstddef>
#include <string>

namespace roger {

inline constexpr std::size_t report_lines = 51;
inline constexpr std::size_t report_columns = 80;

/// At most report_lines lines of at most report_columns columns, each with its newline. What is
/// most frequent, or fails, comes first; what does not fit is counted.
std::string to_text(Report const& report);

}  // namespace roger
