// The highest rate at which a server meets objectives, searched with load tests.
#pragma once

#include "load/bisection.hpp"
#include "load/queue_growth.hpp"
#include "report/report.hpp"
#include "report/verdict.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roger {

/// One load test of the search. A rate holds if its objectives do, and if it could go on like that:
/// a queue that grows means a rate that was not achieved, though a short trial may be over before
/// anybody has waited for long.
struct Trial {
    double rate = 0;                    ///< messages a second, as asked for
    double achieved = 0;                ///< messages acked a second
    std::optional<double> p50_us = {};  ///< of the response; nothing: no message was acked
    std::optional<double> p99_us = {};
    std::uint64_t failed = 0;
    LoadVerdict verdict = LoadVerdict::held;
    std::string reason = {};  ///< why it is not "held", to the point
    /// Where it held: the queue may have grown by this share of the time all the same.
    double unseen_growth = 0;
};

/// Of a report whose assertions are the objectives. Throws like verdict_of.
Trial trial_of(double rate, Report const& report, std::optional<QueueGrowth> const& growth);

struct SearchResult {
    /// A confidence interval that is positive.
    struct Range {
        double from;
        double to;
    };

    /// Held: the rate was found. Not held: not even Bisection::lowest_rate held. None: the load
    /// tester was the bottleneck, the trials were too noisy, or there were not enough of them.
    LoadVerdict verdict = LoadVerdict::none;
    /// Messages a second; without a verdict, the server takes at least so many: the highest rate
    /// that held in any trial, unless more trials at no higher rates did not hold than held at no
    /// lower ones. 0: nothing is known.
    double rate = 0;
    /// With 95 % confidence, if the rate was found, or if the trials were too noisy to find it.
    /// What the trials may not have seen of a queue's growth widens it downwards.
    std::optional<Range> range = {};
    /// The highest rate that a bisection ended at without a verdict, and why there was none, if
    /// neither the rate nor a range was found.
    std::optional<double> obstacle_at = {};
    std::string obstacle = {};
    std::vector<Trial> trials = {};  ///< in order
};

/// Gives the rates to try and takes the result of each.
///
/// It first finds the knee roughly, by doubling or halving the start rate and bisecting to 3 %.
/// Near the knee, though, whether a trial holds is partly chance. So it then bisects to 1 % several
/// times more, each time from a close guess. No trial of before counts in these, and each steps out
/// as far as it must, so that one trial that failed by chance misleads at most one of them. The
/// result is their geometric mean, and how much they differ gives the confidence interval, by the
/// logarithms, for rates are ratios. If it is wider than `widest_range`, nothing was found. (The
/// close guess has its price: where the capacity changes by over 10 % from one trial to the next,
/// knees lie closer to the guess than to the truth, and the interval is somewhat too narrow.)
///
/// A load tester that is the bottleneck in one bisection may have been held up by chance all the
/// same; in `most_obstacles` of them it is what ends the search.
class RateSearch {
public:
    static constexpr std::size_t repetitions = 5;
    static constexpr std::size_t most_trials = 50;
    static constexpr std::size_t most_obstacles = 2;
    static constexpr double widest_range = 1.25;  ///< from the rate to either end: a factor

    /// In messages a second.
    explicit RateSearch(double start);

    /// The rate to try next. Nothing: the search is done.
    [[nodiscard]] std::optional<double> next() const;
    /// The result of the rate that next() gave.
    void tell(Trial trial);

    /// Also of a search that is not done.
    [[nodiscard]] SearchResult result() const;

private:
    void end_bisection();

    Bisection bisection_;
    std::vector<Trial> trials_;
    std::vector<double> log_knees_;  ///< one for each repetition that found it
    std::size_t bisections_ = 0;
    std::size_t obstacles_ = 0;          ///< bisections that ended without a verdict
    std::optional<double> obstacle_at_;  ///< the highest rate of these
    std::string obstacle_;               ///< why there was none at it
    std::string last_reason_;            ///< why the last trial without a verdict had none
    bool nothing_held_ = false;          ///< not even the lowest rate
    bool done_ = false;
};

// What a search prints: a table of its trials, a line for each as it goes, of at most 80 columns;
// then what was found.
std::string trials_heading();
std::string to_text(Trial const& trial);
std::string to_text(SearchResult const& result);

}  // namespace roger
