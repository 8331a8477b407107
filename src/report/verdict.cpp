// What a load test's report amounts to.
#include "report/verdict.hpp"

#include "protocol/record.hpp"
#include "report/objective.hpp"
#include "report/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

namespace roger {

namespace {

using Sentences = std::vector<std::string>;

/// Text from a report, which may have come from a file.
std::string printable(std::string_view text) {
    std::string out;
    append_text(out, text);
    return out;
}

Sentences why_no_verdict(Report const& report) {
    Sentences reasons;
    if (!report.generator.bottleneck.empty()) {
        reasons.push_back(fmt::format("no verdict, since the load tester was the bottleneck: {}",
                                      printable(report.generator.bottleneck)));
    }
    if (report.planned == 0) {
        reasons.emplace_back("no verdict, since no message was planned");
    }
    return reasons;
}

void add_broken_assertions(Sentences& complaints, Report const& report) {
    for (Assertion const& assertion : report.assertions) {
        if (!assertion.held) {
            complaints.push_back(fmt::format(
                "{} does not hold: {} is {}", printable(assertion.text),
                printable(parse_objective(assertion.text).name), printable(assertion.measured)));
        }
    }
}

/// Those that no assertion allows or forbids.
void add_failures(Sentences& complaints, Report const& report) {
    std::vector<Objective> objectives;
    objectives.reserve(report.assertions.size());
    for (Assertion const& assertion : report.assertions) {
        objectives.push_back(parse_objective(assertion.text));
    }
    std::uint64_t failed = 0;
    Sentences kinds;
    for (std::size_t i = 0; i < fate_count; ++i) {
        auto const fate = static_cast<Fate>(i);
        auto const is_about_it = [fate](Objective const& one) { return one.is_about(fate); };
        if (fate != Fate::acked && report.fates[fate] != 0 &&
            std::ranges::none_of(objectives, is_about_it)) {
            failed += report.fates[fate];
            kinds.push_back(fmt::format("{} {}", count_text(report.fates[fate]), name_of(fate)));
        }
    }
    if (failed != 0) {
        complaints.push_back(fmt::format("{} of {} {} not acked: {}", count_text(failed),
                                         count_text(report.planned, "message"),
                                         failed == 1 ? "was" : "were", fmt::join(kinds, ", ")));
    }
    if (report.surplus_answers != 0 &&
        std::ranges::none_of(objectives, &Objective::is_about_surplus_answers)) {
        complaints.push_back(fmt::format(
            "{} came that answered no message",
            count_text(report.surplus_answers, report.datagrams ? "datagram" : "line")));
    }
}

void add_audit_faults(Sentences& complaints, AuditResult const& audit) {
    bool const streams = !audit.datagrams;
    struct Fault {
        std::uint64_t count;
        std::string_view what;
    };
    std::array<Fault, 4> const faults = {
        {{audit.acked_not_written, "acked but not written"},
         {streams ? audit.written_twice : 0, "written twice"},
         {streams ? audit.out_of_order : 0, "written out of order"},
         {audit.damaged, "written damaged"}}};
    for (Fault const& fault : faults) {
        if (fault.count != 0) {
            complaints.push_back(
                fmt::format("{} {} {}, says {}", count_text(fault.count, "message"),
                            fault.count == 1 ? "was" : "were", fault.what, printable(audit.file)));
        }
    }
}

Sentences why_not_held(Report const& report) {
    Sentences complaints;
    add_broken_assertions(complaints, report);
    add_failures(complaints, report);
    if (report.audit) {
        add_audit_faults(complaints, *report.audit);
    }
    return complaints;
}

}  // namespace

LoadVerdict verdict_of(Report const& report) {
    if (!why_no_verdict(report).empty()) {
        return LoadVerdict::none;
    }
    return why_not_held(report).empty() ? LoadVerdict::held : LoadVerdict::not_held;
}

std::vector<std::string> complaints_about(Report const& report) {
    Sentences reasons = why_no_verdict(report);
    return reasons.empty() ? why_not_held(report) : reasons;
}

}  // namespace roger
