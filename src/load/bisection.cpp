// The search for one rate between those that hold and those that do not.
#include "load/bisection.hpp"

#include <algorithm>
#include <cmath>

namespace roger {

namespace {

/// Rates that differ by more than this factor are. It is so large that, after the widest step, it
/// is used for the first two rates and for none later.
constexpr double far_apart = 1.5;

}  // namespace

Bisection::Bisection(double guess, double first_step, double resolution)
    : guess_(std::max(guess, lowest_rate)), step_(first_step), resolution_(resolution) {}

std::optional<double> Bisection::next() const {
    if (!lower_ && !upper_) {
        return guess_;
    }
    if (!upper_) {
        return *lower_ * step_;
    }
    if (!lower_ && *upper_ > lowest_rate) {
        return std::max(*upper_ / step_, lowest_rate);
    }
    bool const is_wide = !lower_ || *upper_ > *lower_ * far_apart;
    if (is_wide && !upper_is_sure_) {
        return upper_;
    }
    if (!lower_ || *upper_ <= *lower_ * (1 + resolution_)) {
        return std::nullopt;
    }
    return std::sqrt(*lower_ * *upper_);
}

void Bisection::tell(LoadVerdict verdict) {
    if (verdict == LoadVerdict::none && ++tries_without_verdict_ < most_tries) {
        return;
    }
    tries_without_verdict_ = 0;
    double const rate = *next();
    bool const is_step_out = lower_.has_value() != upper_.has_value();
    if (is_step_out) {
        step_ = std::min(step_ * step_, widest_step);
    }
    if (verdict == LoadVerdict::held) {
        lower_ = rate;
        if (upper_ == rate) {
            upper_.reset();
        }
        return;
    }
    upper_is_sure_ = upper_ == rate || verdict == LoadVerdict::none;
    upper_ = rate;
    upper_verdict_ = verdict;
}

}  // namespace roger
