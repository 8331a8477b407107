// Reports in files, and on standard output.
#pragma once

#include "report/report.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// Where to; an empty name is not wanted.
struct ReportFiles {
    std::string json;
    std::string hgrm;  ///< of the response times
    std::string html;
    std::string csv;  ///< of the intervals
};

/// To be called before the work that is to be reported. Throws std::invalid_argument with a
/// sentence that names the option and the file that cannot be written.
void check_writable(ReportFiles const& files);

/// Each, even if others fail. Throws std::runtime_error with a sentence that names those that could
/// not be written, and their options.
void write_files(ReportFiles const& files, Report const& report);

/// Throws std::invalid_argument with a sentence that names the file and what is wrong with it.
std::vector<Report> read_reports(std::vector<std::string> const& files);

/// On standard output. Throws std::runtime_error where that cannot be written to.
void print(std::string_view text);

}  // namespace roger
