// How the parts of a report are counted and joined.
#include "report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <iomanip>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <tuple>

namespace roger {

namespace {

constexpr std::string_view other_texts = "other texts";

using Texts = std::vector<std::string>;

template <typename Value>
void add_once(std::vector<Value>& values, Value const& value) {
    if (std::ranges::find(values, value) == values.end()) {
        values.push_back(value);
    }
}

/// What the parts have as their `member`, each different text once, but for empty ones.
std::string join(std::vector<Report> const& parts, std::string Report::* member,
                 std::string_view separator) {
    Texts texts;
    for (Report const& part : parts) {
        add_once(texts, part.*member);
    }
    std::erase(texts, "");
    return fmt::format("{}", fmt::join(texts, separator));
}

/// Throws std::invalid_argument where a run would count twice.
std::vector<std::string> join_runs(std::vector<Report> const& parts) {
    Texts runs;
    for (Report const& part : parts) {
        for (std::string const& run : part.runs) {
            if (std::ranges::find(runs, run) != runs.end()) {
                throw std::invalid_argument(fmt::format(
                    "two of the reports are of the same run (of {}, started {}): give each once",
                    part.address, part.started));
            }
            runs.push_back(run);
        }
    }
    return runs;
}

std::vector<Host> join_hosts(std::vector<Report> const& parts) {
    std::vector<Host> hosts;
    for (Report const& part : parts) {
        for (Host const& host : part.hosts) {
            add_once(hosts, host);
        }
    }
    return hosts;
}

/// The options of all parts in the order in which they first come.
std::vector<std::pair<std::string, std::string>> join_settings(std::vector<Report> const& parts) {
    std::vector<std::pair<std::string, Texts>> values;
    for (Report const& part : parts) {
        for (auto const& [option, value] : part.settings) {
            auto known = std::ranges::find(values, option, &decltype(values)::value_type::first);
            if (known == values.end()) {
                known = values.insert(known, {option, {}});
            }
            add_once(known->second, value);
        }
    }
    std::vector<std::pair<std::string, std::string>> settings;
    settings.reserve(values.size());
    for (auto const& [option, texts] : values) {
        settings.emplace_back(option, fmt::format("{}", fmt::join(texts, " | ")));
    }
    return settings;
}

/// What was asked of all is asked of the whole; what was asked of some only is not.
template <typename Value, typename Join>
std::optional<Value> join(std::vector<Report> const& parts, std::optional<Value> Asked::* member,
                          Join const& joined) {
    std::optional<Value> whole = parts.front().asked.*member;
    for (Report const& part : parts | std::views::drop(1)) {
        std::optional<Value> const& value = part.asked.*member;
        whole = whole && value ? std::optional<Value>(joined(*whole, *value)) : std::nullopt;
    }
    return whole;
}

/// The sum of the rates, if all have stages of the same lengths; else none.
std::vector<AskedStage> join_stages(std::vector<Report> const& parts) {
    std::vector<AskedStage> whole = parts.front().asked.stages;
    for (Report const& part : parts | std::views::drop(1)) {
        std::vector<AskedStage> const& stages = part.asked.stages;
        if (!std::ranges::equal(whole, stages, {}, &AskedStage::length_s, &AskedStage::length_s)) {
            return {};
        }
        for (std::size_t i = 0; i != whole.size(); ++i) {
            whole[i].from_per_s += stages[i].from_per_s;
            whole[i].to_per_s += stages[i].to_per_s;
        }
    }
    return whole;
}

Asked join_asked(std::vector<Report> const& parts) {
    Asked asked{
        .clients = 0,
        .rate = join(parts, &Asked::rate, std::plus<>()),
        .stages = join_stages(parts),
        .duration_s = join(parts, &Asked::duration_s,
                           [](double left, double right) { return std::max(left, right); }),
        .messages = join(parts, &Asked::messages, std::plus<>()),
        .ack_timeout_s = join(parts, &Asked::ack_timeout_s,
                              [](double left, double right) { return std::min(left, right); }),
    };
    for (Report const& part : parts) {
        asked.clients += part.asked.clients;
    }
    return asked;
}

/// Throws std::invalid_argument unless intervals of one number are of one time in all parts.
void demand_equal_lengths(std::vector<Report> const& parts) {
    double longest_s = 0;
    for (Report const& part : parts) {
        for (Interval const& interval : part.intervals) {
            longest_s = std::max(longest_s, interval.length_s);
        }
    }
    for (Report const& part : parts) {
        for (Interval const& interval : part.intervals) {
            bool const may_be_shorter = &interval == &part.intervals.back();
            // As two measured seconds may differ, and more.
            constexpr double tolerance = 0.01;
            if (!may_be_shorter && interval.length_s < longest_s * (1 - tolerance)) {
                throw std::invalid_argument(fmt::format(
                    "the reports have intervals of {}s and of {}s: only reports whose intervals "
                    "are equally long can be merged",
                    interval.length_s, longest_s));
            }
        }
    }
}

/// Throws std::invalid_argument where some are of a plan and some of a closed loop: of both
/// together no rate was asked, and what their latencies mean differs.
void demand_one_kind(std::vector<Report> const& parts) {
    auto const has_rate = [](Report const& part) { return part.asked.rate.has_value(); };
    if (std::ranges::any_of(parts, has_rate) && !std::ranges::all_of(parts, has_rate)) {
        throw std::invalid_argument(
            "some of the reports are of tests with --rate, and some of tests without: merge those "
            "of one kind");
    }
}

/// Adds up the intervals of that number. A part that ended before has none.
Interval join_intervals(std::vector<Report> const& parts, std::size_t number) {
    Interval whole;
    Histogram response;
    for (Report const& part : parts) {
        if (number < part.intervals.size()) {
            Interval const& interval = part.intervals[number];
            whole.begin_s = interval.begin_s;
            whole.length_s = std::max(whole.length_s, interval.length_s);
            whole.acked += interval.acked;
            whole.failed += interval.failed;
            whole.clients += interval.clients;
            response.add(interval.response);
        }
    }
    whole.response = response.buckets();
    return whole;
}

std::vector<Interval> join_intervals(std::vector<Report> const& parts) {
    demand_equal_lengths(parts);
    std::size_t most = 0;
    for (Report const& part : parts) {
        most = std::max(most, part.intervals.size());
    }
    std::vector<Interval> whole;
    for (std::size_t number = 0; number != most; ++number) {
        whole.push_back(join_intervals(parts, number));
    }
    return whole;
}

/// Of one generator that consists of all of them.
Generator join_generators(std::vector<Report> const& parts) {
    Generator whole;
    whole.threads = 0;
    for (std::size_t i = 0; i != parts.size(); ++i) {
        Generator const& part = parts[i].generator;
        whole.threads += part.threads;
        whole.cpu_s += part.cpu_s;
        whole.busy_share = std::max(whole.busy_share, part.busy_share);
        whole.own_delay_p99_us = std::max(whole.own_delay_p99_us, part.own_delay_p99_us);
        whole.longest_stall_us = std::max(whole.longest_stall_us, part.longest_stall_us);
        for (auto const text : {&Generator::bottleneck, &Generator::too_few_clients}) {
            if ((whole.*text).empty() && !(part.*text).empty()) {
                whole.*text = fmt::format("part {} of {}: {}", i + 1, parts.size(), part.*text);
            }
        }
    }
    return whole;
}

void add(std::optional<DatagramCounts>& whole, DatagramCounts const& part) {
    if (!whole) {
        whole = part;
        return;
    }
    whole->late_answers += part.late_answers;
    whole->overtaken += part.overtaken;
    whole->listened_s = std::min(whole->listened_s, part.listened_s);
}

/// Seconds since the epoch; nothing: it does not say.
std::optional<std::time_t> start_of(Report const& report) {
    std::tm time{};
    std::istringstream text(report.started);
    text >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
    return text ? std::optional(timegm(&time)) : std::nullopt;
}

/// All that needs no other part to be added.
void add_counts(Report& whole, Report const& part) {
    whole.clients += part.clients;
    whole.duration_s = std::max(whole.duration_s, part.duration_s);
    whole.interrupted = whole.interrupted || part.interrupted;
    whole.planned += part.planned;
    whole.outcomes.add(part.outcomes);
    whole.excused.add(part.excused);
    whole.acked_in_time += part.acked_in_time;
    whole.acked_but_for_delay += part.acked_but_for_delay;
    whole.sent_bytes += part.sent_bytes;
    whole.received_bytes += part.received_bytes;
    whole.reasons.add(part.reasons);
    whole.surplus_answers += part.surplus_answers;
    if (part.datagrams) {
        add(whole.datagrams, *part.datagrams);
    }
    whole.connections += part.connections;
    whole.failed_connects += part.failed_connects;
    whole.excused_connects += part.excused_connects;
    whole.idle_losses += part.idle_losses;
    whole.latencies.add(part.latencies);
    whole.lower_bounds.add(part.lower_bounds);
    for (auto const& [kind, clients] : part.misbehaving) {
        whole.misbehaving[kind] += clients;
    }
}

}  // namespace

void Latencies::add(Latencies const& other) {
    response.add(other.response);
    service.add(other.service);
    lateness.add(other.lateness);
    connect.add(other.connect);
}

void Reasons::count(Outcome outcome, std::string_view text, std::uint64_t messages) {
    auto known = counts_.find(std::pair(outcome, text));
    if (known == counts_.end()) {
        auto const is_own = [](auto const& entry) { return entry.first.second != other_texts; };
        bool const full = std::ranges::count_if(counts_, is_own) >= std::ptrdiff_t{most};
        std::string_view const kept = full ? other_texts : text;
        known = counts_.find(std::pair(outcome, kept));
        if (known == counts_.end()) {
            known = counts_.emplace(Key(outcome, kept), 0).first;
        }
    }
    known->second += messages;
}

std::vector<Reasons::Reason> Reasons::by_frequency() const {
    std::vector<Reason> all;
    all.reserve(counts_.size());
    for (auto const& [key, messages] : counts_) {
        all.push_back({key.first, key.second, messages});
    }
    std::ranges::sort(all, [](Reason const& left, Reason const& right) {
        return std::tie(right.messages, left.outcome, left.text) <
               std::tie(left.messages, right.outcome, right.text);
    });
    return all;
}

void Reasons::add(Reasons const& other) {
    for (auto const& [key, messages] : other.counts_) {
        count(key.first, key.second, messages);
    }
}

double Report::rate() const {
    return duration_s == 0 ? 0 : static_cast<double>(acked_in_time) / duration_s;
}

Report merge(std::vector<Report> const& parts) {
    Report whole;
    if (parts.empty()) {
        return whole;
    }
    demand_one_kind(parts);
    auto const start = [](Report const& part) { return std::string_view(part.started); };
    whole.title = join(parts, &Report::title, ", ");
    whole.version = join(parts, &Report::version, ", ");
    whole.runs = join_runs(parts);
    whole.build = join(parts, &Report::build, "; ");
    whole.hosts = join_hosts(parts);
    whole.started = std::ranges::min(parts | std::views::transform(start));
    whole.address = join(parts, &Report::address, ", ");
    whole.settings = join_settings(parts);
    whole.asked = join_asked(parts);
    whole.intervals = join_intervals(parts);
    whole.generator = join_generators(parts);
    for (Report const& part : parts) {
        add_counts(whole, part);
    }
    return whole;
}

std::optional<std::string> apart_in_time(std::vector<Report> const& parts) {
    constexpr double share = 0.1;
    constexpr double whole_seconds = 2;  // a second of each start, which has no fraction
    for (Report const& first : parts) {
        for (Report const& second : parts) {
            auto const begin = start_of(first);
            auto const later = start_of(second);
            if (!begin || !later) {
                continue;
            }
            double const begin_s = std::difftime(*later, *begin);
            double const end_s = begin_s + second.duration_s - first.duration_s;
            double const much_s =
                whole_seconds + share * std::min(first.duration_s, second.duration_s);
            if (std::max(begin_s, end_s) > much_s) {
                return fmt::format(
                    "the tests did not run at the same time: one started {} and took {:.3g}s, "
                    "another started {} and took {:.3g}s; their clients and rates are added up as "
                    "if they had",
                    first.started, first.duration_s, second.started, second.duration_s);
            }
        }
    }
    return std::nullopt;
}

}  // namespace roger
