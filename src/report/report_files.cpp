// Reading and writing whole files.
#include "report/report_files.hpp"

#include "report/report_csv.hpp"
#include "report/report_html.hpp"
#include "report/report_json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace roger {

namespace {

std::string cannot(char const* verb, std::string const& name) {
    return fmt::format("cannot {} {}: {}", verb, name, std::generic_category().message(errno));
}

/// Why it could not be written; empty: it was.
std::string write_file(std::string const& name, std::string_view text) {
    std::ofstream file(name, std::ios::binary);
    file << text << std::flush;
    return file ? "" : cannot("write", name);
}

std::string read_file(std::string const& name) {
    std::ifstream file(name, std::ios::binary);
    std::ostringstream text;
    bool const is_empty = file.peek() == std::ifstream::traits_type::eof() && file.eof();
    if (!is_empty && !(text << file.rdbuf())) {
        throw std::invalid_argument(cannot("read", name));
    }
    return text.str();
}

}  // namespace

void check_writable(ReportFiles const& files) {
    std::vector<std::string> const names = {files.json, files.hgrm, files.html, files.csv};
    for (std::string const& name : names) {
        if (!name.empty() && std::ranges::count(names, name) > 1 && name != "/dev/null") {
            throw std::invalid_argument(fmt::format(
                "{}: two reports would be written there: give each a file of its own", name));
        }
        // Appending nothing leaves what is there as it is.
        if (!name.empty() && !std::ofstream(name, std::ios::app)) {
            throw std::invalid_argument(cannot("write", name));
        }
    }
}

void write_files(ReportFiles const& files, Report const& report) {
    std::vector<std::string> failures;
    auto const write = [&failures](std::string const& name, auto const& to_text) {
        std::string const failure = name.empty() ? "" : write_file(name, to_text());
        if (!failure.empty()) {
            failures.push_back(failure);
        }
    };
    write(files.json, [&] { return to_json(report); });
    write(files.hgrm, [&] { return report.latencies.response.percentile_text(); });
    write(files.html, [&] { return to_html(report); });
    write(files.csv, [&] { return to_csv(report); });
    if (!failures.empty()) {
        throw std::runtime_error(fmt::format("{}", fmt::join(failures, "; ")));
    }
}

std::vector<Report> read_reports(std::vector<std::string> const& files) {
    std::vector<Report> reports;
    reports.reserve(files.size());
    for (std::string const& name : files) {
        reports.push_back(report_from_json(read_file(name), name));
    }
    return reports;
}

void print(std::string_view text) {
    std::cout << text << std::flush;
    if (!std::cout) {
        throw std::runtime_error("cannot write to standard output");
    }
}

}  // namespace roger
