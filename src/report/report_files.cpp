// Reading and writing whole files.
#include "report/report_files.hpp"

#include "report/report_csv.hpp"
#include "report/report_html.hpp"
#include "report/report_json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
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

/// An option of the command line, and the file that it names.
struct Wanted {
    char const* option;
    std::string name;
};

std::array<Wanted, 4> wanted(ReportFiles const& files) {
    return {{{"--json", files.json},
             {"--hgrm", files.hgrm},
             {"--html", files.html},
             {"--csv", files.csv}}};
}

std::string cannot_write(Wanted const& file) {
    return fmt::format("{}: {}", file.option, cannot("write", file.name));
}

/// Why it could not be written; empty: it was.
std::string write_file(Wanted const& wanted, std::string_view text) {
    std::ofstream file(wanted.name, std::ios::binary);
    file << text << std::flush;
    return file ? "" : cannot_write(wanted);
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
    std::array<Wanted, 4> const all = wanted(files);
    for (auto file = all.begin(); file != all.end(); ++file) {
        if (file->name.empty()) {
            continue;
        }
        auto const same = std::ranges::find(file + 1, all.end(), file->name, &Wanted::name);
        if (same != all.end() && file->name != "/dev/null") {
            throw std::invalid_argument(
                fmt::format("{} and {}: both reports would be written to {}: give each a file of "
                            "its own",
                            file->option, same->option, file->name));
        }
        // Appending nothing leaves its content unchanged.
        if (!std::ofstream(file->name, std::ios::app)) {
            throw std::invalid_argument(cannot_write(*file));
        }
    }
}

void write_files(ReportFiles const& files, Report const& report) {
    std::vector<std::string> failures;
    auto const write = [&failures](Wanted const& file, auto const& to_text) {
        std::string const failure = file.name.empty() ? "" : write_file(file, to_text());
        if (!failure.empty()) {
            failures.push_back(failure);
        }
    };
    auto const [json, hgrm, html, csv] = wanted(files);
    write(json, [&] { return to_json(report); });
    write(hgrm, [&] { return report.latencies.response.percentile_text(); });
    write(html, [&] { return to_html(report); });
    write(csv, [&] { return to_csv(report); });
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
