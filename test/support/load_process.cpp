// The load tester as its own process.
#include "support/load_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

namespace roger::test {
namespace {

constexpr int no_verdict = 3;

std::vector<std::string> with_report(std::vector<std::string> arguments, std::string const& path) {
    arguments.insert(arguments.end(), {"--json", path});
    return arguments;
}

}  // namespace

Launch load_launch(std::vector<std::string> arguments) {
    return {.program = ROGER_LOAD, .arguments = std::move(arguments)};
}

std::uint64_t LoadResult::outcome(std::string const& name) const {
    return report.at("outcomes").at(name);
}

std::uint64_t LoadResult::sum_of_outcomes() const {
    std::uint64_t sum = 0;
    for (auto const& messages : report.at("outcomes")) {
        sum += messages.get<std::uint64_t>();
    }
    return sum;
}

std::uint64_t LoadResult::reason(std::string const& text) const {
    std::uint64_t sum = 0;
    for (auto const& reason : report.at("reasons")) {
        sum += reason.at("text") == text ? reason.at("messages").get<std::uint64_t>() : 0;
    }
    return sum;
}

std::int64_t LoadResult::audited(std::string const& what) const {
    return report.at("audit").at(what);
}

double LoadResult::percentile(std::string const& latency, double percent) const {
    auto const& histogram = report.at("latencies").at(latency);
    auto const rank = std::ceil(percent / 100 * histogram.at("count").get<double>());
    double passed = 0;
    for (auto const& bucket : histogram.at("buckets")) {
        passed += bucket.at(1).get<double>();
        if (passed >= rank) {
            return bucket.at(0).get<double>();
        }
    }
    throw Failure("there is no " + latency + " in the report");
}

double LoadResult::count_above(std::string const& latency, double us) const {
    double count = 0;
    for (auto const& bucket : report.at("latencies").at(latency).at("buckets")) {
        count += bucket.at(0).get<double>() > us ? bucket.at(1).get<double>() : 0;
    }
    return count;
}

Exit LoadResult::verdict(int status) const {
    std::uint64_t excused = 0;
    for (auto const& messages : report.at("excused")) {
        excused += messages.get<std::uint64_t>();
    }
    std::uint64_t const failed = sum_of_outcomes() - outcome("acked");
    bool const none_proven = failed != 0 && report.at("surplus_answers") == 0 && failed == excused;
    return Exit::with(status == 1 && none_proven ? no_verdict : status);
}

void LoadResult::need_figures() const {
    std::string const why = report.at("generator").at("bottleneck");
    if (!why.empty()) {
        SKIP("this machine is too busy to measure on: load was held up itself: " << why);
    }
}

LoadProcess::LoadProcess(std::vector<std::string> arguments)
    : LoadProcess(TempDir(), std::move(arguments)) {}

LoadProcess::LoadProcess(TempDir directory, std::vector<std::string> arguments)
    : directory_(std::move(directory)),
      process_(load_launch(with_report(std::move(arguments), directory_ / "report.json"))) {}

LoadResult LoadProcess::result(Deadline deadline) {
    LoadResult result{.exit = process_.wait_for_exit(deadline),
                      .out = process_.out().last_words(),
                      .err = process_.err().last_words(),
                      .report = {}};
    if (std::string const path = directory_ / "report.json"; std::filesystem::exists(path)) {
        // It is made at the start already.
        std::string const text = read_file(path);
        result.report = text.empty() ? nlohmann::json() : nlohmann::json::parse(text);
    }
    return result;
}

LoadResult run_load(std::vector<std::string> arguments, Deadline deadline) {
    return LoadProcess(std::move(arguments)).result(deadline);
}

}  // namespace roger::test
