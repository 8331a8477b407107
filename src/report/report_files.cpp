// Reading and writing whole files.
#include "report/report_files.hpp"

#include "report/report_csv.hpp"
#include "report/report_html.hpp"
#include "report/report_json.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace roger {

namespace {

void write_file(std::string const& name, std::string_view text) {
    std::ofstream file(name, std::ios::binary);
    file << text << std::flush;
    if (!file) {
        throw std::runtime_error(
            fmt::format("cannot write {}: {}", name, std::generic_category().message(errno)));
    }
}

std::string read_file(std::string const& name) {
    std::ifstream file(name, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        throw std::invalid_argument(
            fmt::format("cannot read {}: {}", name, std::generic_category().message(errno)));
    }
    return text.str();
}

}  // namespace

void check_writable(ReportFiles const& files) {
    for (std::string const& name : {files.json, files.hgrm, files.html, files.csv}) {
        // Appending nothing leaves what is there as it is.
        if (!name.empty() && !std::ofstream(name, std::ios::app)) {
            throw std::invalid_argument(
                fmt::format("cannot write {}: {}", name, std::generic_category().message(errno)));
        }
    }
}

void write_files(ReportFiles const& files, Report const& report) {
    if (!files.json.empty()) {
        write_file(files.json, to_json(report));
    }
    if (!files.hgrm.empty()) {
        write_file(files.hgrm, report.latencies.response.percentile_text());
    }
    if (!files.html.empty()) {
        write_file(files.html, to_html(report));
    }
    if (!files.csv.empty()) {
        write_file(files.csv, to_csv(report));
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
