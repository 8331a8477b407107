// The highest rate at which a server meets objectives.
#include "load/search.hpp"

#include "program/columns.hpp"
#include "program/units.hpp"
#include "report/estimate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace roger {

namespace {

constexpr double rough_resolution = 0.03;
constexpr double fine_resolution = 0.01;
/// Two bisections away from the fine resolution, and wider than most noise.
constexpr double fine_step = 1.04;

/// Fewer give no interval worth the name.
constexpr std::size_t fewest_knees = 3;

/// Half of the 95 % confidence interval of their mean.
double uncertainty_of(std::vector<double> const& log_knees) {
    Estimate const estimate = estimate_mean(log_knees);
    double const within_last_step = std::log1p(fine_resolution) / 2;
    return student_t(0.975, estimate.freedom) * std::sqrt(estimate.variance) + within_last_step;
}

/// 0, if no trial held that the others do not contradict (see SearchResult::rate).
double highest_that_held(std::vector<Trial> const& trials) {
    auto const is_contradicted = [&trials](double rate) {
        auto const held = std::ranges::count_if(trials, [rate](Trial const& trial) {
            return trial.verdict == LoadVerdict::held && trial.rate >= rate;
        });
        auto const not_held = std::ranges::count_if(trials, [rate](Trial const& trial) {
            return trial.verdict == LoadVerdict::not_held && trial.rate <= rate;
        });
        return not_held > held;
    };
    double highest = 0;
    for (Trial const& trial : trials) {
        if (trial.verdict == LoadVerdict::held && trial.rate > highest &&
            !is_contradicted(trial.rate)) {
            highest = trial.rate;
        }
    }
    return highest;
}

/// On average, of the trials of that rate or above.
double unseen_growth_from(double rate, std::vector<Trial> const& trials) {
    std::vector<double> unseen;
    for (Trial const& trial : trials) {
        if (trial.verdict == LoadVerdict::held && trial.rate >= rate) {
            unseen.push_back(trial.unseen_growth);
        }
    }
    return unseen.empty() ? 0 : mean_of(unseen);
}

/// Why there is no verdict.
std::string obstacle_in(SearchResult const& result) {
    if (result.obstacle_at) {
        return fmt::format("at {} there was {}", rate_text(*result.obstacle_at), result.obstacle);
    }
    return fmt::format("the search ended after {}, too early to tell",
                       count_text(result.trials.size(), "trial"));
}

/// What was found, to go on with after "Highest rate that holds: ".
std::string finding_in(SearchResult const& result) {
    if (result.verdict == LoadVerdict::not_held) {
        return fmt::format("none, not even {}", rate_text(Bisection::lowest_rate));
    }
    if (result.range) {
        std::string const from = rate_text(result.range->from);
        std::string const to = rate_text(result.range->to);
        return result.verdict == LoadVerdict::held
                   ? fmt::format("{} (95% confidence: {} to {})", rate_text(result.rate), from, to)
                   : fmt::format(
                         "between {} and {} (95% confidence)\n"
                         "The trials were too noisy to tell more: make them longer with "
                         "--duration",
                         from, to);
    }
    std::string const obstacle = obstacle_in(result);
    return result.rate == 0 ? fmt::format("unknown, since {}", obstacle)
                            : fmt::format("at least {}; {}", rate_text(result.rate), obstacle);
}

std::optional<double> percentile_us(Histogram const& histogram, double percent) {
    return histogram.empty() ? std::nullopt
                             : std::optional<double>(histogram.percentile_us(percent));
}

std::string time_text(std::optional<double> us) {
    return us ? duration_text(*us) : "-";
}

/// A rate that could not go on like that does not hold, unless it was for the load tester itself.
void judge_growth(Trial& trial, Report const& report, std::optional<QueueGrowth> const& growth) {
    if (trial.verdict != LoadVerdict::held) {
        return;
    }
    if (!growth && trial.achieved < trial.rate * (1 - QueueGrowth::noticeable)) {
        trial.verdict = LoadVerdict::none;
        trial.reason =
            "no verdict: too short to show whether the queue grows: make the trials "
            "longer with --duration";
    }
    if (!growth || !growth->is_certain()) {
        trial.unseen_growth = growth ? std::max(growth->most(), 0.0) : 0;
        return;
    }
    double const grown_us = growth->share * report.duration_s * 1e6;
    bool const own = static_cast<double>(report.generator.own_delay_p99_us) > grown_us / 2;
    bool const too_few = !report.generator.too_few_clients.empty();
    trial.verdict = own || too_few ? LoadVerdict::none : LoadVerdict::not_held;
    trial.reason = too_few ? "no verdict: " + report.generator.too_few_clients
                   : own   ? "no verdict: the load tester was held up itself"
                           : fmt::format("the queue grew: by {} in {}", duration_text(grown_us),
                                         duration_text(report.duration_s * 1e6));
}

}  // namespace

Trial trial_of(double rate, Report const& report, std::optional<QueueGrowth> const& growth) {
    Histogram const& response = report.latencies.response;
    Trial trial = {.rate = rate,
                   .achieved = report.rate(),
                   .p50_us = percentile_us(response, 50),
                   .p99_us = percentile_us(response, 99),
                   .failed = report.outcomes.failed(),
                   .verdict = verdict_of(report),
                   .reason = fmt::format("{}", fmt::join(errors_in(report), "; "))};
    judge_growth(trial, report, growth);
    return trial;
}

RateSearch::RateSearch(double start)
    : bisection_(start, Bisection::widest_step, rough_resolution) {}

std::optional<double> RateSearch::next() const {
    return done_ || trials_.size() == most_trials ? std::nullopt : bisection_.next();
}

void RateSearch::tell(Trial trial) {
    bisection_.tell(trial.verdict);
    if (trial.verdict == LoadVerdict::none) {
        last_reason_ = trial.reason;
    }
    trials_.push_back(std::move(trial));
    if (!bisection_.next()) {
        end_bisection();
    }
}

void RateSearch::end_bisection() {
    std::optional<double> const lower = bisection_.lower();
    double const upper = *bisection_.upper();
    bool const is_rough = bisections_++ == 0;
    bool const hit_obstacle = bisection_.upper_has_no_verdict();
    if (hit_obstacle) {
        ++obstacles_;
        if (upper >= obstacle_at_.value_or(upper)) {
            obstacle_at_ = upper;
            obstacle_ = last_reason_;
        }
    }
    nothing_held_ = !lower && !hit_obstacle;
    done_ = !lower || obstacles_ == most_obstacles || bisections_ == 1 + repetitions;
    if (!lower) {
        return;
    }
    double const log_knee = std::log(*lower * upper) / 2;
    if (!is_rough && !hit_obstacle) {
        log_knees_.push_back(log_knee);
    }
    if (!done_) {
        double const guess = std::exp(log_knees_.empty() ? log_knee : mean_of(log_knees_));
        bisection_ = Bisection(guess, fine_step, fine_resolution);
    }
}

SearchResult RateSearch::result() const {
    SearchResult result = {.trials = trials_};
    if (log_knees_.size() >= fewest_knees) {
        double const knee = mean_of(log_knees_);
        double const uncertainty = uncertainty_of(log_knees_);
        double const from = std::exp(knee - uncertainty);
        double const unseen = unseen_growth_from(from, trials_);
        result.range = {from / (1 + unseen), std::exp(knee + uncertainty)};
        if (uncertainty + std::log1p(unseen) <= std::log(widest_range)) {
            result.verdict = LoadVerdict::held;
            result.rate = std::exp(knee);
            return result;
        }
    } else if (nothing_held_) {
        result.verdict = LoadVerdict::not_held;
        return result;
    } else {
        result.obstacle_at = obstacle_at_;
        result.obstacle = obstacle_;
    }
    result.rate = highest_that_held(trials_);
    return result;
}

std::string trials_heading() {
    return fmt::format("{:>9} {:>9} {:>6} {:>6} {:>6}\n", "asked", "achieved", "p50", "p99",
                       "failed");
}

std::string to_text(Trial const& trial) {
    constexpr std::size_t widest = 80;
    std::string const figures = fmt::format(
        "{:>9} {:>9} {:>6} {:>6} {:>6}  ", rate_text(trial.rate), rate_text(trial.achieved),
        time_text(trial.p50_us), time_text(trial.p99_us), count_text(trial.failed));
    std::size_t const room = widest - std::min(columns_of(figures), widest);
    return figures +
           (trial.verdict == LoadVerdict::held ? "held" : cut_to_columns(trial.reason, room)) +
           "\n";
}

std::string to_text(SearchResult const& result) {
    return fmt::format("Highest rate that holds: {}\n", finding_in(result));
}

}  // namespace roger
