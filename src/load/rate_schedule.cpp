// Rates, stage by stage.
#include "load/rate_schedule.hpp"

#include "protocol/quantity.hpp"
#include "protocol/quote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace roger {

namespace {

constexpr double lowest_rate = 0.001;
constexpr double highest_rate = 1e9;

/// Or as long as can be: the longest of a million clients' gaps at the lowest rate is.
Clock::duration from_seconds(double count) {
    std::chrono::duration<double> const time(count);
    return time < Clock::duration::max() ? std::chrono::round<Clock::duration>(time)
                                         : Clock::duration::max();
}

/// Seconds after the beginning of a stage at which so many of its messages are planned.
double seconds_into(RateStage const& stage, double messages) {
    double const slope = (stage.to - stage.from) / to_seconds(stage.length);
    // The root of from * t + slope / 2 * t * t = messages that is also right for a slope of 0.
    double const root = std::sqrt(std::max(stage.from * stage.from + 2 * slope * messages, 0.0));
    return messages == 0 ? 0 : 2 * messages / (stage.from + root);
}

double messages_within(RateStage const& stage, double at) {
    double const slope = (stage.to - stage.from) / to_seconds(stage.length);
    return at * (stage.from + slope * at / 2);
}

[[noreturn]] void refuse_rate(std::string_view text, std::string_view remedy) {
    throw std::invalid_argument(fmt::format("{} is no rate: {}", quote(text), remedy));
}

/// With a k or an M for thousands and millions.
double parse_rate(std::string_view text) {
    constexpr std::string_view remedy =
        "write messages a second, from 0.001 to 1000M, as in 1000 or 10k";
    double rate = 0;
    auto const [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), rate, std::chars_format::fixed);
    std::string_view const unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (error != std::errc() || !(unit.empty() || unit == "k" || unit == "M")) {
        refuse_rate(text, remedy);
    }
    rate *= unit == "k" ? 1e3 : unit == "M" ? 1e6 : 1;
    bool const in_range = rate >= lowest_rate && rate <= highest_rate;  // not a number is not
    if (!in_range) {
        refuse_rate(text, remedy);
    }
    return rate;
}

RateStage parse_stage(std::string_view text) {
    std::size_t const colon = text.find(':');
    std::string_view const rates = text.substr(0, colon);
    std::size_t const dash = rates.find('-');
    double const from = parse_rate(rates.substr(0, dash));
    double const to = dash == std::string_view::npos ? from : parse_rate(rates.substr(dash + 1));
    if (colon == std::string_view::npos) {
        refuse_rate(text, fmt::format("{} has a length, as in {}:10s",
                                      dash == std::string_view::npos ? "a stage" : "a ramp", text));
    }
    std::string_view const given = text.substr(colon + 1);
    auto const length = given == "none" ? std::chrono::milliseconds(0) : parse_time(given);
    if (length == length.zero()) {
        refuse_rate(text, "a stage has a length of its own, as in 1000:10s");
    }
    return {.from = from, .to = to, .length = length};
}

std::string rate_as_given(double rate) {
    return fmt::format("{:.10g}", rate);
}

}  // namespace

RateSchedule::RateSchedule(double rate) : rate_(rate) {}

RateSchedule::RateSchedule(std::vector<RateStage> stages)
    : rate_(stages.front().from), stages_(std::move(stages)) {}

RateSchedule RateSchedule::parse(std::string_view text) {
    bool const in_stages = text.find_first_of(":,") != std::string_view::npos ||
                           text.find('-', 1) != std::string_view::npos;
    if (!in_stages) {
        return RateSchedule(parse_rate(text));
    }
    std::vector<RateStage> stages;
    for (auto const part : std::views::split(text, ',')) {
        stages.push_back(parse_stage(std::string_view(part.begin(), part.end())));
    }
    return RateSchedule(std::move(stages));
}

Clock::duration RateSchedule::when(double messages) const {
    if (stages_.empty() || messages < 0) {
        return from_seconds(messages / rate_);
    }
    auto begin = Clock::duration(0);
    for (RateStage const& stage : stages_) {
        if (messages < stage.messages()) {
            return begin + from_seconds(seconds_into(stage, messages));
        }
        messages -= stage.messages();
        begin += stage.length;
    }
    return Clock::duration::max();
}

double RateSchedule::planned_by(Clock::duration since_beginning) const {
    if (stages_.empty() || since_beginning < Clock::duration(0)) {
        return to_seconds(since_beginning) * rate_;
    }
    double messages = 0;
    for (RateStage const& stage : stages_) {
        if (since_beginning < stage.length) {
            return messages + messages_within(stage, to_seconds(since_beginning));
        }
        messages += stage.messages();
        since_beginning -= stage.length;
    }
    return messages;
}

std::optional<std::chrono::milliseconds> RateSchedule::length() const {
    if (stages_.empty()) {
        return std::nullopt;
    }
    std::chrono::milliseconds sum{0};
    for (RateStage const& stage : stages_) {
        sum += stage.length;
    }
    return sum;
}

double RateSchedule::mean() const {
    auto const all = length();
    return all ? planned_by(*all) / to_seconds(*all) : rate_;
}

double RateSchedule::highest() const {
    double highest = rate_;
    for (RateStage const& stage : stages_) {
        highest = std::max({highest, stage.from, stage.to});
    }
    return highest;
}

std::string RateSchedule::text() const {
    if (stages_.empty()) {
        return rate_as_given(rate_);
    }
    std::string text;
    for (RateStage const& stage : stages_) {
        text +=
            fmt::format("{}{}{}:{}", text.empty() ? "" : ",", rate_as_given(stage.from),
                        stage.to == stage.from ? "" : fmt::format("-{}", rate_as_given(stage.to)),
                        to_string(Timeout(stage.length)));
    }
    return text;
}

}  // namespace roger
