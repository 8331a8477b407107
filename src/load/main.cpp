// The load tester: from a command line to an exit status.
#include "load/audit.hpp"
#include "load/command_line.hpp"
#include "load/preflight.hpp"
#include "load/runner.hpp"
#include "load/search.hpp"
#include "load/target.hpp"
#include "program/options.hpp"
#include "program/standard_descriptors.hpp"
#include "report/diff.hpp"
#include "report/objective.hpp"
#include "report/report_files.hpp"
#include "report/report_text.hpp"
#include "report/verdict.hpp"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace {

using PrintError = std::function<void(std::string_view)>;
using roger::LoadCommandLine;

void judge(std::vector<std::string> const& assertions, roger::Report& report) {
    for (std::string const& text : assertions) {
        report.assertions.push_back(roger::parse_objective(text).judge(report));
    }
}

/// Returns false, and prints why, where something else than the server is in the way.
bool succeeds(std::function<void()> const& step, PrintError const& print_error) {
    try {
        step();
        return true;
    } catch (std::runtime_error const& failure) {
        print_error(failure.what());
        return false;
    }
}

/// `complete`: the report holds all that it was to hold.
int tell(LoadCommandLine const& command_line, roger::Report report, PrintError const& print_error,
         bool complete = true) {
    if (!command_line.title.empty()) {
        report.title = command_line.title;
    }
    complete &= succeeds([&] { roger::print(to_text(report)); }, print_error);
    complete &= succeeds([&] { roger::write_files(command_line.files, report); }, print_error);
    for (std::string const& error : errors_in(report)) {
        print_error(error);
    }
    // What is proven needs no more proof.
    roger::LoadVerdict const verdict = verdict_of(report);
    return static_cast<int>(
        complete || verdict == roger::LoadVerdict::not_held ? verdict : roger::LoadVerdict::none);
}

/// `output` is there where the test is audited.
int test(LoadCommandLine const& command_line, roger::AuditedOutput* output, roger::Runner& runner,
         PrintError const& print_error) {
    bool audited = true;
    auto const hold_against_output = [&](roger::LoadRun const& run, roger::Report& report) {
        auto const audit = [&](std::stop_token const& stop) {
            report.audit = roger::audit(*output, run.number(),
                                        socket_type(command_line.settings.address.transport),
                                        run.trails(), stop);
        };
        audited = !command_line.settings.audit ||
                  succeeds([&] { runner.run_stoppable(audit); }, print_error);
    };
    roger::Report report = runner.run(command_line.settings, "", hold_against_output);
    judge(command_line.assertions, report);
    return tell(command_line, std::move(report), print_error, audited);
}

/// Where nobody takes a connection, or the first trial has no answer at all, no rate will do.
void demand_somebody(roger::Report const& report, bool is_first) {
    using roger::Outcome;
    bool const unconnected = report.connections == 0 && !report.datagrams;
    bool const unanswered = report.outcomes[Outcome::acked] + report.outcomes[Outcome::refused] +
                                report.outcomes[Outcome::wrong_answer] ==
                            0;
    std::uint64_t lost = 0;
    for (Outcome const outcome :
         {Outcome::timed_out, Outcome::connection_lost, Outcome::never_connected}) {
        lost += report.outcomes[outcome] - report.excused[outcome];
    }
    if (unconnected || (is_first && unanswered && lost != 0)) {
        auto const& reasons = report.reasons.counts();
        throw std::runtime_error(
            fmt::format("{}: no {}{}", report.address,
                        unconnected ? "connection was made" : "message was answered",
                        reasons.empty() ? "" : ": " + reasons.begin()->first.second));
    }
}

int find(LoadCommandLine const& command_line, roger::Runner& runner,
         PrintError const& print_error) {
    auto const objectives = roger::parse_objectives(command_line.find);
    constexpr double usual_start = 1000;
    auto const& start = command_line.settings.rate;
    roger::RateSearch search(start ? start->mean() : usual_start);
    roger::print(roger::trials_heading());
    while (auto const rate = search.next()) {
        auto settings = command_line.settings;
        settings.rate = roger::RateSchedule(*rate);
        std::optional<roger::QueueGrowth> growth;
        roger::Report report =
            runner.run(settings, fmt::format("trying {:.0f}/s: ", *rate),
                       [&](roger::LoadRun const& run, roger::Report& /*report*/) {
                           growth = run.queue_growth();
                       });
        if (runner.interrupted()) {
            break;
        }
        demand_somebody(report, search.result().trials.empty());
        for (auto const& objective : objectives) {
            report.assertions.push_back(objective.judge(report));
        }
        auto trial = trial_of(*rate, report, growth);
        roger::print(to_text(trial));
        search.tell(std::move(trial));
    }
    roger::SearchResult const result = search.result();
    roger::print("\n" + to_text(result));
    if (runner.interrupted()) {
        print_error("interrupted before the rate was found");
        return static_cast<int>(roger::LoadVerdict::none);
    }
    return static_cast<int>(result.verdict);
}

int work(LoadCommandLine const& command_line, PrintError const& print_error) {
    roger::check_writable(command_line.files);
    switch (command_line.work) {
        case LoadCommandLine::Work::merge: {
            auto const parts = roger::read_reports(command_line.reports);
            int const status = tell(command_line, merge(parts), print_error);
            if (auto const warning = apart_in_time(parts)) {
                print_error(*warning);
            }
            return status;
        }
        case LoadCommandLine::Work::diff: {
            auto const difference = compare(roger::read_reports(command_line.reports),
                                            roger::read_reports(command_line.new_reports));
            roger::print(to_text(difference));
            return static_cast<int>(difference.judgement);
        }
        case LoadCommandLine::Work::test:
            break;
    }
    roger::Target target(command_line.settings);
    prepare(command_line.settings, target, print_error);
    // It may wait for NATS, and until there is a Runner a signal ends the program.
    std::unique_ptr<roger::AuditedOutput> const output =
        command_line.settings.audit
            ? roger::open_audited_output(
                  command_line.audit_file, command_line.audit_credentials,
                  [&print_error](roger::LogLevel, std::string_view line) { print_error(line); })
            : nullptr;
    roger::Runner runner(target);
    return command_line.find.empty() ? test(command_line, output.get(), runner, print_error)
                                     : find(command_line, runner, print_error);
}

}  // namespace

// Only for want of memory can what comes before run_command_line() throw.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
    CLI::App app;
    LoadCommandLine command_line;
    roger::describe_command_line(app, command_line);
    return roger::run_command_line(app, argc, argv, [&] {
        roger::open_missing_standard_descriptors();
        roger::let_writes_fail();
        auto const print_error = [&app](std::string_view sentence) {
            roger::print_error(app, sentence);
        };
        try {
            return work(command_line, print_error);
        } catch (std::invalid_argument const& wrong) {
            throw roger::UsageError(wrong.what());
        } catch (std::runtime_error const& failure) {
            // What could not be tested has no verdict.
            print_error(failure.what());
            return static_cast<int>(roger::LoadVerdict::none);
        } catch (std::bad_alloc const&) {
            print_error(
                "not enough memory: ask for fewer --clients, a smaller --pipeline or --size, or "
                "run on several machines and join their reports (load merge)");
            return static_cast<int>(roger::LoadVerdict::none);
        }
    });
}
