// A condition that the figures of a load test are to meet.
#include "report/objective.hpp"

#include "protocol/quote.hpp"
#include "report/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ranges>
#include <stdexcept>
#include <system_error>

namespace roger {

namespace {

constexpr std::string_view failed_name = "failed";
constexpr std::string_view surplus_answers_name = "surplus_answers";

using Operator = Objective::Operator;
using Time = Objective::Time;
using Rate = Objective::Rate;
using Count = Objective::Count;

struct OperatorName {
    std::string_view text;
    Operator op;
};
// Longer ones first, so that the first that fits is the right one.
constexpr std::array<OperatorName, 5> operators = {{{"<=", Operator::at_most},
                                                    {">=", Operator::at_least},
                                                    {"<", Operator::less},
                                                    {">", Operator::more},
                                                    {"=", Operator::equal}}};

struct Clock {
    std::string_view prefix;
    Histogram Latencies::* histogram;
};
constexpr std::array<Clock, 3> clocks = {{{"response.", &Latencies::response},
                                          {"service.", &Latencies::service},
                                          {"connect.", &Latencies::connect}}};

struct TimeUnit {
    std::string_view name;
    double nanoseconds;
};
constexpr std::array<TimeUnit, 5> time_units = {
    {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"\u00b5s", 1e3}, {"\u03bcs", 1e3}}};

/// The sentence begins with the objective's text.
[[noreturn]] void refuse(std::string_view objective, std::string const& rest_of_sentence) {
    throw std::invalid_argument(fmt::format("{} {}", quote(objective), rest_of_sentence));
}

std::string_view without_spaces_around(std::string_view text) {
    std::size_t const begin = std::min(text.find_first_not_of(' '), text.size());
    return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

/// A number and what follows it. Nothing if there is none: no sign, no exponent.
std::optional<std::pair<double, std::string_view>> take_number(std::string_view text) {
    double number = 0;
    auto const [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    bool const begins_with_digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
    if (error != std::errc() || !begins_with_digit) {
        return std::nullopt;
    }
    return std::pair(number, text.substr(static_cast<std::size_t>(end - text.data())));
}

std::optional<Time> parse_time_figure(std::string_view objective, std::string_view name) {
    Time time = {.clock = &Latencies::response, .percent = std::nullopt};
    for (Clock const& clock : clocks) {
        if (name.starts_with(clock.prefix)) {
            time.clock = clock.histogram;
            name.remove_prefix(clock.prefix.size());
            break;
        }
    }
    if (name == "mean") {
        return time;
    }
    if (name == "max") {
        time.percent = 100;
        return time;
    }
    auto const number = name.starts_with('p') ? take_number(name.substr(1)) : std::nullopt;
    if (!number || !number->second.empty()) {
        return std::nullopt;
    }
    if (number->first > 100) {
        refuse(objective, "asks for a percentile above 100: write p0 to p100, as in p99.9<5ms");
    }
    time.percent = number->first;
    return time;
}

std::optional<Count> parse_count_figure(std::string_view name) {
    if (name == failed_name) {
        return Count{.of = Count::Of::all_not_acked, .outcome = Outcome::acked, .share = false};
    }
    if (name == surplus_answers_name) {
        return Count{.of = Count::Of::surplus_answers, .outcome = Outcome::acked, .share = false};
    }
    for (std::size_t i = 0; i < outcome_count; ++i) {
        std::string outcome_name(outcome_names[i]);
        std::ranges::replace(outcome_name, ' ', '_');
        if (name == outcome_name) {
            return Count{
                .of = Count::Of::one_outcome, .outcome = static_cast<Outcome>(i), .share = false};
        }
    }
    return std::nullopt;
}

Objective::Figure parse_figure(std::string_view objective, std::string_view name) {
    if (auto const time = parse_time_figure(objective, name)) {
        return *time;
    }
    if (auto const count = parse_count_figure(name)) {
        return *count;
    }
    if (name == "rate") {
        return Rate{};
    }
    refuse(objective,
           fmt::format("has an unknown figure, {}: write a percentile, mean, max, rate, failed, or "
                       "an outcome such as timed_out, as in p99<5ms",
                       quote(name)));
}

double parse_limit(Objective const& objective, std::string_view value, Time& /*figure*/) {
    auto const number = take_number(value);
    if (!number) {
        refuse(objective.text, fmt::format("has no time after {}: write a number and us, ms or s, "
                                           "as in {}<1.5ms",
                                           objective.name, objective.name));
    }
    auto const& [amount, unit_name] = *number;
    if (unit_name.empty()) {
        refuse(objective.text,
               fmt::format("has a time without a unit: write {0}us, {0}ms or {0}s", value));
    }
    auto const* const unit = std::ranges::find(time_units, unit_name, &TimeUnit::name);
    if (unit == time_units.end()) {
        refuse(objective.text, fmt::format("has an unknown unit, {}: write us, ms or s, as in "
                                           "{}<1.5ms",
                                           quote(unit_name), objective.name));
    }
    // To the nanosecond, so that 1.1ms is the very number of microseconds that a histogram gives.
    return std::round(amount * unit->nanoseconds) / 1e3;
}

double parse_limit(Objective const& objective, std::string_view value, Rate& /*figure*/) {
    auto const number = take_number(value);
    if (!number || !number->second.empty()) {
        refuse(objective.text,
               "compares the rate with no number: write messages a second, as in rate>=1000");
    }
    return number->first;
}

double parse_limit(Objective const& objective, std::string_view value, Count& figure) {
    auto const number = take_number(value);
    bool const share = number && number->second == "%";
    bool const count =
        number && number->second.empty() && number->first == std::floor(number->first);
    if (!share && !count) {
        refuse(objective.text, fmt::format("has no count after {0}: write a whole number, or a "
                                           "share of the planned messages, as in {0}<=10 or "
                                           "{0}<0.1%",
                                           objective.name));
    }
    figure.share = share;
    return number->first;
}

bool holds(double value, Operator op, double limit) {
    switch (op) {
        case Operator::less:
            return value < limit;
        case Operator::at_most:
            return value <= limit;
        case Operator::more:
            return value > limit;
        case Operator::at_least:
            return value >= limit;
        case Operator::equal:
            break;
    }
    return value == limit;
}

}  // namespace

Assertion Objective::judge(Report const& report) const {
    Measured const measured = measure(report, *this);
    Assertion assertion{.text = text, .measured = measured.text, .verdict = LoadVerdict::not_held};
    if (report.planned == 0) {
        assertion.verdict = LoadVerdict::none;
        return assertion;
    }
    if (!measured.known) {
        return assertion;
    }
    bool const at_least = holds(measured.least, op, limit);
    bool const at_most = holds(measured.most, op, limit);
    bool const between = op == Operator::equal && measured.least < limit && limit < measured.most;
    if (at_least && at_most) {
        assertion.verdict = LoadVerdict::held;
    } else if (at_least || at_most || between) {
        assertion.verdict = LoadVerdict::none;
    }
    return assertion;
}

bool Objective::is_about(Outcome outcome) const {
    auto const* const count = std::get_if<Count>(&figure);
    if (count == nullptr || count->of == Count::Of::surplus_answers) {
        return false;
    }
    return count->of == Count::Of::all_not_acked || count->outcome == outcome ||
           count->outcome == Outcome::acked;
}

bool Objective::is_about_surplus_answers() const {
    auto const* const count = std::get_if<Count>(&figure);
    return count != nullptr && count->of == Count::Of::surplus_answers;
}

Objective parse_objective(std::string_view text) {
    std::size_t const at = std::min(text.find_first_of("<>="), text.size());
    auto const* const op = std::ranges::find_if(operators, [&](OperatorName const& name) {
        return text.substr(at).starts_with(name.text);
    });
    if (op == operators.end()) {
        refuse(text,
               "compares nothing: write a figure, one of < <= > >= =, and a value, as in "
               "p99<5ms or failed=0");
    }
    std::string_view const name = without_spaces_around(text.substr(0, at));
    std::string_view const value = without_spaces_around(text.substr(at + op->text.size()));
    Objective objective = {.text = std::string(without_spaces_around(text)),
                           .name = std::string(name),
                           .figure = parse_figure(text, name),
                           .op = op->op};
    objective.limit = std::visit(
        [&](auto& figure) { return parse_limit(objective, value, figure); }, objective.figure);
    return objective;
}

std::vector<Objective> parse_objectives(std::string_view text) {
    std::vector<Objective> objectives;
    for (auto const part : std::views::split(text, ',')) {
        objectives.push_back(parse_objective(std::string_view(part.begin(), part.end())));
    }
    if (objectives.empty()) {
        objectives.push_back(parse_objective(text));
    }
    return objectives;
}

}  // namespace roger
