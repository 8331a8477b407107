// The search for one rate between those that hold and those that do not.
#pragma once

#include "report/verdict.hpp"

#include <optional>

namespace roger {

/// Begins at a guess and steps out, up while rates hold or down while they do not, each step wider
/// than the last, until it has a rate that holds below one that does not. Then it tries the
/// geometric middle of the two, and so on.
///
/// A trial can have no verdict by chance, when the load tester itself was held up. So the rate is
/// tried again. Only one that has none as often as `most_tries` ends the search upwards, like one
/// that does not hold.
///
/// A rate can fail by chance, when something else ran. While the two are far apart, that would cost
/// most, so the upper one is tried twice.
class Bisection {
public:
    static constexpr double lowest_rate = 1;  ///< messages a second
    static constexpr double widest_step = 2;
    static constexpr int most_tries = 3;  ///< of a rate without a verdict

    /// `first_step` is a factor, at most widest_step. Rates are close enough when they differ by
    /// the share `resolution`.
    Bisection(double guess, double first_step, double resolution);

    /// The rate to try next. Nothing: it is done.
    [[nodiscard]] std::optional<double> next() const;
    /// The result of that rate.
    void tell(LoadVerdict verdict);

    /// Nothing, when done: not even the lowest rate holds.
    [[nodiscard]] std::optional<double> lower() const { return lower_; }
    [[nodiscard]] std::optional<double> upper() const { return upper_; }
    /// What is above could not be judged, however often it was tried.
    [[nodiscard]] bool upper_has_no_verdict() const { return upper_verdict_ == LoadVerdict::none; }

private:
    double guess_;
    double step_;
    double resolution_;
    std::optional<double> lower_;
    std::optional<double> upper_;
    LoadVerdict upper_verdict_ = LoadVerdict::not_held;
    bool upper_is_sure_ = false;
    int tries_without_verdict_ = 0;  ///< of the rate that is next
};

}  // namespace roger
