// The load tester as its own process, and what it reports.
#pragma once

#include "support/files.hpp"
#include "support/process.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace roger::test {

/// How a load test ended, and its report as it wrote it for programs.
struct LoadResult {
    Exit exit;
    std::string out;
    std::string err;
    nlohmann::json report;  ///< null: it wrote none

    [[nodiscard]] std::uint64_t planned() const { return report.at("planned"); }
    [[nodiscard]] std::uint64_t outcome(std::string const& name) const;
    [[nodiscard]] std::uint64_t sum_of_outcomes() const;
    /// How many messages failed with this very text.
    [[nodiscard]] std::uint64_t reason(std::string const& text) const;
    [[nodiscard]] std::int64_t audited(std::string const& what) const;

    /// Of one of the report's latencies, in microseconds, by its buckets: their lowest value.
    [[nodiscard]] double percentile(std::string const& latency, double percent) const;
    /// How many of them were longer.
    [[nodiscard]] double count_above(std::string const& latency, double us) const;

    /// What a load test has to end with whose messages failed, or not, as `status` says: no
    /// verdict, where none of the failures is proven to be the server's.
    [[nodiscard]] Exit verdict(int status) const;

    /// Skips the test where load was held up itself: on a machine that busy no time is to be relied
    /// on.
    void need_figures() const;
};

class LoadProcess {
public:
    explicit LoadProcess(std::vector<std::string> arguments);

    [[nodiscard]] Process& process() { return process_; }
    void signal(int number) const { process_.signal(number); }

    /// Waits for its end.
    LoadResult result(Deadline deadline = {});

private:
    LoadProcess(TempDir directory, std::vector<std::string> arguments);

    TempDir directory_;
    Process process_;
};

/// Without a report: for what is no load test, and for usage errors.
Launch load_launch(std::vector<std::string> arguments);

/// Starts, and waits for the end.
LoadResult run_load(std::vector<std::string> arguments, Deadline deadline = {});

}  // namespace roger::test
