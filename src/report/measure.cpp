// Figures between two bounds.
#include "report/measure.hpp"

#include "program/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <variant>

namespace roger {

namespace {

using Time = Objective::Time;
using Rate = Objective::Rate;
using Count = Objective::Count;

constexpr double endless = std::numeric_limits<double>::infinity();

/// Times of one kind; and how many messages have none since nobody answered them, or attempts to
/// connect since they failed.
struct Times {
    Histogram const* answered;
    std::uint64_t unanswered;
};

constexpr std::array sent_unanswered = {Outcome::timed_out, Outcome::connection_lost};
constexpr std::array never_sent = {Outcome::never_connected, Outcome::unsent};

std::uint64_t count_in(Outcomes const& outcomes, std::array<Outcome, 2> const& which) {
    return outcomes[which[0]] + outcomes[which[1]];
}

std::uint64_t unanswered_in(Outcomes const& outcomes, Histogram Latencies::* clock) {
    return count_in(outcomes, sent_unanswered) +
           (clock == &Latencies::response ? count_in(outcomes, never_sent) : 0);
}

/// As measured: with all that the load tester added.
Times most_of(Report const& report, Time const& time) {
    if (time.clock == &Latencies::connect) {
        return {&report.latencies.connect, report.failed_connects};
    }
    return {&(report.latencies.*time.clock), unanswered_in(report.outcomes, time.clock)};
}

/// The server's part alone, as far as that is certain. Where there were too few clients, nobody
/// knows how long messages would have waited for the server instead of for them.
Times least_of(Report const& report, Time const& time) {
    if (time.clock == &Latencies::connect) {
        return {&report.lower_bounds.connect, report.failed_connects - report.excused_connects};
    }
    bool const too_few =
        time.clock == &Latencies::response && !report.generator.too_few_clients.empty();
    auto const clock = too_few ? &Latencies::service : time.clock;
    return {&(report.lower_bounds.*clock),
            unanswered_in(report.outcomes, clock) - unanswered_in(report.excused, clock)};
}

/// What a message without a time has taken at least. (Of attempts to connect that failed, nobody
/// knows.)
double timeout_us(Report const& report, Time const& time) {
    return time.clock != &Latencies::connect && report.asked.ack_timeout_s
               ? *report.asked.ack_timeout_s * 1e6
               : endless;
}

double mean_us(Times const& times, double timeout_us) {
    auto const answered = static_cast<double>(times.answered->count());
    auto const unanswered = static_cast<double>(times.unanswered);
    double const sum = times.answered->mean_us() * answered;
    return (sum + unanswered * timeout_us) / (answered + unanswered);
}

/// Nothing: it is the time of a message that was never answered.
std::optional<double> percentile_us(Times const& times, double percent) {
    auto const answered = static_cast<double>(times.answered->count());
    if (times.unanswered == 0) {
        return static_cast<double>(times.answered->percentile_us(percent));
    }
    double const all = answered + static_cast<double>(times.unanswered);
    double const rank = rank_of(percent, all);
    if (rank > answered) {
        return std::nullopt;
    }
    return static_cast<double>(times.answered->percentile_us(100 * rank / answered));
}

/// Nothing: a message that was never answered is part of it, and may have taken any time.
std::optional<double> value_us(Times const& times, Time const& time) {
    if (time.percent) {
        return percentile_us(times, *time.percent);
    }
    return times.unanswered == 0 ? std::optional(times.answered->mean_us()) : std::nullopt;
}

/// What is certain where there is no value.
double least_us(Times const& times, Time const& time, double timeout_us) {
    return time.percent ? std::max(timeout_us, static_cast<double>(times.answered->max_us()))
                        : mean_us(times, timeout_us);
}

std::string time_text(Report const& report, Time const& time, Times const& times, double limit) {
    std::string_view const why = time.clock == &Latencies::connect ? "attempts to connect failed"
                                                                   : "messages were never answered";
    std::optional<double> const value = value_us(times, time);
    double const us = value ? *value : least_us(times, time, timeout_us(report, time));
    if (us == endless) {
        return fmt::format("without an end, since {}", why);
    }
    if (!value) {
        return fmt::format("at least {}, since {}", duration_text(us), why);
    }
    // Or else p99<=5ms would not hold because p99 is 5.00ms.
    std::string const text = duration_text(us);
    bool const looks_like_limit = us != limit && text == duration_text(limit);
    return looks_like_limit ? fmt::format("{:.10g}µs", us) : text;
}

Measured measure(Report const& report, Objective const& objective, Time const& time) {
    Times const most = most_of(report, time);
    Times const least = least_of(report, time);
    if (most.answered->empty()) {
        bool const connecting = time.clock == &Latencies::connect;
        bool const all_excused = report.excused.sum() != 0 && report.excused == report.outcomes;
        return {.least = all_excused ? 0 : endless,
                .most = endless,
                .text = connecting ? "unknown, since no connection was made"
                                   : "unknown, since no message was acked",
                .known = all_excused};
    }
    double const most_us = value_us(most, time).value_or(endless);
    return {.least = std::min(value_us(least, time).value_or(endless), most_us),
            .most = most_us,
            .text = time_text(report, time, most, objective.limit)};
}

/// In a closed loop clients that were free sooner had sent sooner. A client's messages follow each
/// other after their response time, or after more where it thinks in between.
double most_closed_loop_rate(Report const& report) {
    double const rate = report.rate();
    auto const excused = static_cast<double>(report.excused.sum());
    if (rate == 0) {
        return excused != 0 && report.excused == report.outcomes ? endless : 0;
    }
    double const response_us = report.latencies.response.mean_us();
    double const own_us = response_us - report.lower_bounds.response.mean_us();
    double const cycle_us = std::max(response_us, 1e6 * static_cast<double>(report.clients) / rate);
    return own_us >= cycle_us
               ? endless
               : rate * cycle_us / (cycle_us - std::max(own_us, 0.0)) + excused / report.duration_s;
}

/// How high the rate may have been, but for the load tester. In an open loop clients can only make
/// up for what was late.
double most_rate(Report const& report) {
    if (!report.asked.rate) {
        return most_closed_loop_rate(report);
    }
    auto const messages = report.acked_but_for_delay + report.excused[Outcome::unsent] +
                          report.excused[Outcome::never_connected];
    if (report.duration_s == 0) {
        return messages == 0 ? 0 : endless;
    }
    bool const too_few = !report.generator.too_few_clients.empty();
    return std::max({static_cast<double>(messages) / report.duration_s, report.rate(),
                     too_few ? *report.asked.rate : 0});
}

Measured measure(Report const& report, Objective const& objective, Rate const& /*rate*/) {
    double const rate = report.rate();
    std::string const text = rate_text(rate);
    bool const looks_like_limit = rate != objective.limit && text == rate_text(objective.limit);
    return {.least = rate,
            .most = most_rate(report),
            .text = looks_like_limit ? fmt::format("{:.10g}/s", rate) : text};
}

struct Messages {
    std::uint64_t measured;
    std::uint64_t excused;  ///< of these, for the failures; else those that may come on top
};

Messages messages_of(Report const& report, Count const& count) {
    std::uint64_t const all_excused = report.excused.sum();
    switch (count.of) {
        case Count::Of::surplus_answers:
            return {report.surplus_answers, 0};
        case Count::Of::all_not_acked:
            return {report.outcomes.failed(), all_excused};
        case Count::Of::one_outcome:
            break;
    }
    return {report.outcomes[count.outcome],
            count.outcome == Outcome::acked ? all_excused : report.excused[count.outcome]};
}

Measured measure(Report const& report, Objective const& /*objective*/, Count const& count) {
    auto const [messages, excused] = messages_of(report, count);
    bool const more_is_better =
        count.of == Count::Of::one_outcome && count.outcome == Outcome::acked;
    auto const least = static_cast<double>(more_is_better ? messages : messages - excused);
    auto const most = static_cast<double>(more_is_better ? messages + excused : messages);
    if (!count.share) {
        return {.least = least, .most = most, .text = count_text(messages)};
    }
    if (report.planned == 0) {
        return {
            .least = 0, .most = 0, .text = "unknown, since no message was planned", .known = false};
    }
    auto const planned = static_cast<double>(report.planned);
    return {
        .least = least * 100 / planned,
        .most = most * 100 / planned,
        .text = fmt::format("{} ({} of {})", share_text(static_cast<double>(messages) / planned),
                            count_text(messages), count_text(report.planned))};
}

}  // namespace

Measured measure(Report const& report, Objective const& objective) {
    return std::visit([&](auto const& kind) { return measure(report, objective, kind); },
                      objective.figure);
}

}  // namespace roger
