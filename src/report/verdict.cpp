// What a load test's report amounts to.
#include "report/verdict.hpp"

#include "program/units.hpp"
#include "protocol/escaped.hpp"
#include "report/measure.hpp"
#include "report/objective.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

namespace roger {

namespace {

using Sentences = std::vector<std::string>;

/// The user did not wait for the last answers.
bool was_cut_off(Report const& report) {
    return std::ranges::any_of(report.reasons.counts(), [](auto const& reason) {
        return reason.first.second == cut_off_reason;
    });
}

/// The load tester's own part in it, and what helps.
std::string own_part(Report const& report) {
    if (report.planned == 0) {
        return report.interrupted ? "the run was interrupted before a message was planned"
                                  : "no message was planned: test for longer";
    }
    if (was_cut_off(report)) {
        return "the run was interrupted before messages were answered: let it wait for the last "
               "answers";
    }
    if (report.excused[Outcome::never_connected] != 0) {
        return "the load tester was late, or this host had no port, open file or memory left to "
               "connect with: use fewer --clients, more addresses (--source A-B), or a higher "
               "limit (ulimit -n)";
    }
    std::string const& too_few = report.generator.too_few_clients;
    return too_few.empty() ? "the load tester was held up itself: use a quieter machine, more "
                             "--threads, or fewer --clients"
                           : escaped(too_few);
}

void add_assertions(Sentences& errors, Report const& report, LoadVerdict verdict) {
    for (Assertion const& assertion : report.assertions) {
        if (assertion.verdict != verdict) {
            continue;
        }
        std::string const text = escaped(assertion.text);
        std::string const is = fmt::format(
            "{} is {}", escaped(parse_objective(assertion.text).name), escaped(assertion.measured));
        errors.push_back(
            verdict == LoadVerdict::none
                ? fmt::format("no verdict on {}: {}, but {}", text, is, own_part(report))
                : fmt::format("{} does not hold: {}", text, is));
    }
}

/// How many messages of each outcome are failures, and not the load tester's own, or just these.
using CountOf = std::uint64_t (*)(Report const&, Outcome);

/// "5 unsent, 2 refused": those that no assertion allows or forbids; and how many.
std::pair<std::uint64_t, std::string> failures(Report const& report, CountOf count_of) {
    std::vector<Objective> objectives;
    objectives.reserve(report.assertions.size());
    for (Assertion const& assertion : report.assertions) {
        objectives.push_back(parse_objective(assertion.text));
    }
    std::uint64_t failed = 0;
    Sentences kinds;
    for (std::size_t i = 0; i < outcome_count; ++i) {
        auto const outcome = static_cast<Outcome>(i);
        auto const is_about_it = [outcome](Objective const& one) { return one.is_about(outcome); };
        std::uint64_t const count = outcome == Outcome::acked ? 0 : count_of(report, outcome);
        if (count != 0 && std::ranges::none_of(objectives, is_about_it)) {
            failed += count;
            kinds.push_back(fmt::format("{} {}", count_text(count), name_of(outcome)));
        }
    }
    return {failed, fmt::format("{}", fmt::join(kinds, ", "))};
}

void add_failures(Sentences& errors, Report const& report) {
    auto const [failed, kinds] = failures(report, [](Report const& of, Outcome outcome) {
        return of.outcomes[outcome] - of.excused[outcome];
    });
    if (failed != 0) {
        errors.push_back(fmt::format("{} of {} {} not acked: {}", count_text(failed),
                                     count_text(report.planned, "message"),
                                     failed == 1 ? "was" : "were", kinds));
    }
}

void add_surplus_answers(Sentences& errors, Report const& report) {
    auto const is_about_them = [](Assertion const& assertion) {
        return parse_objective(assertion.text).is_about_surplus_answers();
    };
    if (report.surplus_answers != 0 && std::ranges::none_of(report.assertions, is_about_them)) {
        errors.push_back(fmt::format(
            "{} came that answered no message",
            count_text(report.surplus_answers, report.datagrams ? "datagram" : "line")));
    }
}

void add_audit_faults(Sentences& errors, AuditResult const& audit) {
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
            errors.push_back(fmt::format("{} {} {}, says {}", count_text(fault.count, "message"),
                                         fault.count == 1 ? "was" : "were", fault.what,
                                         escaped(audit.file)));
        }
    }
}

/// What is certain, whatever the load tester itself did.
Sentences why_not_held(Report const& report) {
    Sentences errors;
    add_assertions(errors, report, LoadVerdict::not_held);
    add_failures(errors, report);
    add_surplus_answers(errors, report);
    if (report.audit) {
        add_audit_faults(errors, *report.audit);
    }
    return errors;
}

Sentences why_no_verdict(Report const& report) {
    Sentences reasons;
    add_assertions(reasons, report, LoadVerdict::none);
    auto const [failed, kinds] =
        failures(report, [](Report const& of, Outcome outcome) { return of.excused[outcome]; });
    if (failed != 0) {
        reasons.push_back(fmt::format("no verdict on {} that {} not acked ({}): {}",
                                      count_text(failed, "message"), failed == 1 ? "was" : "were",
                                      kinds, own_part(report)));
    }
    if (report.planned == 0) {
        reasons.emplace_back("no verdict, since no message was planned");
    }
    return reasons;
}

}  // namespace

LoadVerdict verdict_of(Report const& report) {
    if (!why_not_held(report).empty()) {
        return LoadVerdict::not_held;
    }
    return why_no_verdict(report).empty() ? LoadVerdict::held : LoadVerdict::none;
}

std::vector<std::string> errors_in(Report const& report) {
    Sentences errors = why_not_held(report);
    std::ranges::move(why_no_verdict(report), std::back_inserter(errors));
    return errors;
}

}  // namespace roger
