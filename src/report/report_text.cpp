// A report as a person reads it on a terminal.
#include "report/report_text.hpp"

#include "program/units.hpp"
#include "protocol/escaped.hpp"
#include "report/text_lines.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <ranges>
#include <string_view>
#include <vector>

namespace roger {

namespace {

double us(double seconds) {
    return seconds * 1e6;
}

std::string asked_text(Asked const& asked) {
    std::string text = fmt::format("asked: {}, {}", count_text(asked.clients, "client"),
                                   asked.rate ? rate_text(*asked.rate) : "closed loop");
    if (asked.duration_s) {
        text += fmt::format(", {}", short_duration_text(us(*asked.duration_s)));
    }
    if (asked.messages) {
        text += fmt::format(", {}", count_text(*asked.messages, "message"));
    }
    return text;
}

/// by Roger 0.1.0 (GCC 12.2.0, Asio 1.36.0)
std::string version_text(Report const& report) {
    return report.version.empty() ? ""
                                  : fmt::format(" by Roger {} ({})", escaped_once(report.version),
                                                escaped_once(report.build));
}

TextLines heading(Report const& report) {
    TextLines lines;
    if (!report.title.empty()) {
        lines.push_back(cut(escaped_once(report.title)));
    }
    append(lines, wrap(fmt::format("{}   got: {}, {}, {}", asked_text(report.asked),
                                   count_text(report.clients, "client"), rate_text(report.rate()),
                                   duration_text(us(report.duration_s))),
                       2));
    append(lines, wrap(fmt::format("{}, started {}{}", escaped_once(report.address),
                                   escaped_once(report.started), version_text(report)),
                       2));
    if (report.interrupted) {
        lines.emplace_back("interrupted: this is what was measured until then");
    }
    return lines;
}

TextLines warning_lines(Report const& report) {
    TextLines lines;
    if (std::string const& why = report.generator.bottleneck; !why.empty()) {
        append(lines,
               wrap(fmt::format("WARNING: load was held up itself: {}", escaped_once(why)), 2));
        append(lines, wrap(fmt::format("  Times may be shorter than shown. Remedy: a quieter "
                                       "machine, more --threads, or {}",
                                       report.asked.rate ? "a lower --rate" : "fewer --clients"),
                           2));
    }
    if (std::string const& why = report.generator.too_few_clients; !why.empty()) {
        append(lines, wrap(fmt::format("WARNING: {}", escaped_once(why)), 3));
    }
    return lines;
}

std::string latency_line(std::string_view name, Histogram const& of) {
    std::string line = fmt::format("{:<8}", name);
    auto const add = [&](bool known, double value_us) {
        line += fmt::format("{:>8}", known ? duration_text(value_us) : "-");
    };
    add(!of.empty(), of.mean_us());
    add(!of.empty(), of.standard_deviation_us());
    add(!of.empty(), static_cast<double>(of.min_us()));
    for (double const percent : {50.0, 90.0, 99.0, 99.9, 99.99}) {
        add(of.resolves(percent), static_cast<double>(of.percentile_us(percent)));
    }
    add(!of.empty(), static_cast<double>(of.max_us()));
    return line;
}

TextLines latency_table(Report const& report) {
    Latencies const& of = report.latencies;
    TextLines lines = {
        fmt::format("{:<8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}", "", "mean", "stdev",
                    "min", "p50", "p90", "p99", "p99.9", "p99.99", "max"),
        latency_line("response", of.response),
        latency_line("service", of.service),
    };
    if (report.asked.rate) {
        lines.push_back(latency_line("lateness", of.lateness));
    }
    if (!report.datagrams) {
        lines.push_back(latency_line("connect", of.connect));
    }
    lines.push_back(fmt::format("(response: planned to acked, service: sent to acked{})",
                                report.asked.rate ? ", lateness: planned to sent" : ""));
    return lines;
}

constexpr int name_width = 16;
constexpr int count_width = 14;

/// Each outcome that is not zero, and its reasons below it. In not more than `most_lines` lines, if
/// that is enough for the outcomes.
TextLines outcomes_table(Report const& report, std::size_t most_lines) {
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i != outcome_count; ++i) {
        auto const outcome = static_cast<Outcome>(i);
        if (report.outcomes[outcome] != 0) {
            outcomes.push_back(outcome);
        }
    }
    std::vector<Reasons::Reason> reasons = report.reasons.by_frequency();
    std::uint64_t unshown = 0;
    bool const all_fit = outcomes.size() + reasons.size() <= most_lines;
    while (!all_fit && !reasons.empty() && outcomes.size() + reasons.size() + 1 > most_lines) {
        unshown += reasons.back().messages;
        reasons.pop_back();
    }

    TextLines lines;
    for (Outcome const outcome : outcomes) {
        double const share = static_cast<double>(report.outcomes[outcome]) /
                             static_cast<double>(report.outcomes.sum());
        lines.push_back(fmt::format("{:<{}}{:>{}}  {}", name_of(outcome), name_width,
                                    count_text(report.outcomes[outcome]), count_width,
                                    share_text(share)));
        for (Reasons::Reason const& reason : reasons) {
            if (reason.outcome == outcome) {
                lines.push_back(
                    cut(fmt::format("{:>{}}    {}", count_text(reason.messages),
                                    name_width + count_width, escaped_once(reason.text))));
            }
        }
    }
    if (!all_fit) {
        lines.push_back(fmt::format("{:>{}}    for reasons that do not fit here",
                                    count_text(unshown), name_width + count_width));
    }
    return lines;
}

/// planned 199,980 = acked 199,978 + timed out 2
TextLines sum_line(Report const& report) {
    std::string line = fmt::format("planned {}", count_text(report.planned));
    std::string_view sign = " = ";
    for (std::size_t i = 0; i != outcome_count; ++i) {
        auto const outcome = static_cast<Outcome>(i);
        if (report.outcomes[outcome] != 0) {
            line += fmt::format("{}{} {}", sign, name_of(outcome),
                                count_text(report.outcomes[outcome]));
            sign = " + ";
        }
    }
    if (report.planned != report.outcomes.sum()) {
        line = fmt::format("planned {}, but the outcomes add up to {}: a fault of load itself",
                           count_text(report.planned), count_text(report.outcomes.sum()));
    }
    return wrap(line, 3);
}

/// datagrams: 3 answered late, 9 never, 45 surplus answers, 7 overtaken; listened for 1s
std::string datagrams(Report const& report, DatagramCounts const& of) {
    std::uint64_t const timed_out = report.outcomes[Outcome::timed_out];
    std::uint64_t const never = timed_out - std::min(timed_out, of.late_answers);
    return fmt::format("datagrams: {} answered late, {} never, {}, {} overtaken; listened for {}",
                       count_text(of.late_answers), count_text(never),
                       count_text(report.surplus_answers, "surplus answer"),
                       count_text(of.overtaken), short_duration_text(us(of.listened_s)));
}

std::string connections(Report const& report) {
    std::string line = fmt::format("connections: {} made", count_text(report.connections));
    if (report.idle_losses != 0) {
        line += fmt::format(", {} lost with no message in flight", count_text(report.idle_losses));
    }
    return line;
}

TextLines aside_lines(Report const& report) {
    TextLines lines;
    if (report.datagrams) {
        append(lines, wrap(datagrams(report, *report.datagrams), 2));
    } else {
        append(lines, wrap(connections(report), 2));
    }
    if (report.surplus_answers != 0 && !report.datagrams) {
        lines.push_back(fmt::format("surplus: {} that no message asked for, a fault of the server",
                                    count_text(report.surplus_answers, "answer")));
    }
    if (!report.misbehaving.empty()) {
        std::vector<std::string> kinds;
        kinds.reserve(report.misbehaving.size());
        for (auto const& [kind, clients] : report.misbehaving) {
            kinds.push_back(fmt::format("{} {}", count_text(clients), escaped_once(kind)));
        }
        lines.push_back(cut(fmt::format("misbehaving besides: {}", fmt::join(kinds, ", "))));
    }
    return lines;
}

std::string traffic(Report const& report) {
    auto const per_second = [&report](std::uint64_t bytes) {
        return bytes_text(report.duration_s == 0 ? 0
                                                 : static_cast<double>(bytes) / report.duration_s);
    };
    return fmt::format("traffic: {}/s sent, {}/s received", per_second(report.sent_bytes),
                       per_second(report.received_bytes));
}

/// Long enough to have shaped the figures: half of the longest response, or a hundredth of the run.
bool is_stall_notable(Report const& report) {
    constexpr std::int64_t least_us = 1000;
    constexpr double share_of_run = 0.01;
    std::int64_t const stall_us = report.generator.longest_stall_us;
    Histogram const& response = report.latencies.response;
    bool const rivals_responses = !response.empty() && 2 * stall_us >= response.max_us();
    return stall_us >= least_us && (rivals_responses || static_cast<double>(stall_us) >=
                                                            share_of_run * us(report.duration_s));
}

TextLines generator(Report const& report) {
    Generator const& of = report.generator;
    std::string line = fmt::format("generator: {}, {} busy", count_text(of.threads, "thread"),
                                   share_text(of.busy_share));
    if (is_stall_notable(report)) {
        line += fmt::format(", longest stall {}",
                            duration_text(static_cast<double>(of.longest_stall_us)));
    }
    if (std::uint64_t const acked = report.outcomes[Outcome::acked]; acked != 0) {
        line += fmt::format(", adds {} (p99), {} of CPU per ack",
                            duration_text(static_cast<double>(of.own_delay_p99_us)),
                            duration_text(us(of.cpu_s) / static_cast<double>(acked)));
    }
    return wrap(line, 2);
}

/// Of several machines, only their names fit.
TextLines hosts(Report const& report) {
    std::vector<std::string> texts;
    texts.reserve(report.hosts.size());
    for (Host const& host : report.hosts) {
        texts.push_back(escaped_once(report.hosts.size() == 1 ? to_text(host) : host.name));
    }
    std::string_view const noun = texts.size() == 1 ? "host" : "hosts";
    return texts.empty() ? TextLines()
                         : TextLines{cut(fmt::format("{}: {}", noun, fmt::join(texts, ", ")))};
}

std::string audit_faults(AuditResult const& audit) {
    struct Fault {
        std::uint64_t count;
        std::string_view name;
    };
    std::string faults;
    for (Fault const& fault : {Fault{audit.acked_not_written, "acked but not written"},
                               {audit.written_twice, "written twice"},
                               {audit.out_of_order, "out of order"},
                               {audit.damaged, "damaged"}}) {
        if (fault.count != 0) {
            faults += fmt::format(", {} {}", count_text(fault.count), fault.name);
        }
    }
    return faults;
}

TextLines audit(Report const& report) {
    if (!report.audit) {
        return {};
    }
    AuditResult const& of = *report.audit;
    std::string line = fmt::format("{} audit of {}: {} acked, {} written{}",
                                   of.faults() ? "FAILED" : "held  ", escaped_once(of.file),
                                   count_text(of.acked), count_text(of.written), audit_faults(of));
    if (of.written_not_acked != 0) {
        line += fmt::format("; {} written but not acked, which is no fault",
                            count_text(of.written_not_acked));
    }
    if (of.datagrams) {
        line += fmt::format("; {} lost on the way there", count_text(of.lost));
    }
    TextLines lines = wrap(line, 3);
    constexpr std::size_t most_shown = 2;
    for (std::size_t i = 0; i < std::min(of.examples.size(), most_shown); ++i) {
        lines.push_back(cut(fmt::format("         {}", escaped_once(of.examples[i]))));
    }
    return lines;
}

std::string_view verdict_word(LoadVerdict verdict) {
    return verdict == LoadVerdict::held   ? "held"
           : verdict == LoadVerdict::none ? "UNSURE"
                                          : "FAILED";
}

/// Those that held last.
TextLines assertions(Report const& report) {
    std::vector<Assertion> sorted;
    for (LoadVerdict const verdict :
         {LoadVerdict::not_held, LoadVerdict::none, LoadVerdict::held}) {
        std::ranges::copy_if(report.assertions, std::back_inserter(sorted),
                             [verdict](Assertion const& one) { return one.verdict == verdict; });
    }
    constexpr std::size_t most_assertions = 6;
    bool const all_fit = sorted.size() <= most_assertions;
    std::size_t const shown = all_fit ? sorted.size() : most_assertions - 1;
    TextLines lines;
    for (std::size_t i = 0; i != shown; ++i) {
        lines.push_back(
            cut(fmt::format("{:<6} {}: {}", verdict_word(sorted[i].verdict),
                            escaped_once(sorted[i].text), escaped_once(sorted[i].measured))));
    }
    if (!all_fit) {
        auto const rest = sorted | std::views::drop(shown);
        auto const held = std::ranges::count(rest, LoadVerdict::held, &Assertion::verdict);
        auto const failed = std::ranges::count(rest, LoadVerdict::not_held, &Assertion::verdict);
        auto const unsure = std::ranges::ssize(rest) - held - failed;
        lines.push_back(fmt::format("       and {} more: {} held, {} FAILED{}", rest.size(), held,
                                    failed, unsure == 0 ? "" : fmt::format(", {} UNSURE", unsure)));
    }
    return lines;
}

}  // namespace

std::string to_text(Report const& report) {
    TextLines lines = heading(report);
    append(lines, warning_lines(report));
    lines.emplace_back();
    append(lines, latency_table(report));
    lines.emplace_back();

    TextLines rest = sum_line(report);
    rest.emplace_back();
    append(rest, aside_lines(report));
    rest.push_back(traffic(report));
    append(rest, generator(report));
    append(rest, hosts(report));
    append(rest, audit(report));
    append(rest, assertions(report));

    append(lines, outcomes_table(report, report_lines - lines.size() - rest.size()));
    append(lines, rest);
    return fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace roger
