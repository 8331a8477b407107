// The load tester's command line.
#pragma once

#include "load/settings.hpp"
#include "report/report_files.hpp"
#include "stream/stream_options.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace roger {

struct LoadCommandLine {
    enum class Work { test, merge, diff } work = Work::test;
    LoadSettings settings;
    std::vector<std::string> assertions;  ///< each one objective: load/objective.hpp
    std::string find;                     ///< objectives whose highest rate is wanted
    std::string audit_file;               ///< the server's output
    StreamOptions audit_credentials;      ///< for it, where it is a stream: files alone

    std::string title;                 ///< of the report, as append_escaped writes it
    ReportFiles files;                 ///< to write
    std::vector<std::string> reports;  ///< to merge, or the old ones to compare
    std::vector<std::string> new_reports;
};

/// Binds the options to `command_line`. Parsing throws CLI::ParseError, AddressError or UsageError.
void describe_command_line(CLI::App& app, LoadCommandLine& command_line);

}  // namespace roger
