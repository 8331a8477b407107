// A mean that is known from a few values, and how well it is known.
#pragma once

#include <vector>

namespace roger {

struct Estimate {
    double mean;
    double variance;  ///< of the mean
    double freedom;   ///< degrees of freedom that this variance was estimated with
};

/// Of one value or more.
double mean_of(std::vector<double> const& values);

/// From two values or more that are independent of each other.
Estimate estimate_mean(std::vector<double> const& values);

/// From two values or more of which each may resemble the one before it. Then there are fewer
/// independent ones, and fewer are counted: by the correlation of neighbours, as if the series were
/// autoregressive. But a few values tell little about their correlation, and a trend looks like a
/// perfect one; taken at its word, it would leave one value or two, which tell nothing however
/// large a difference is. So of n values never fewer than n / 5 are counted, which a correlation of
/// 2 / 3 amounts to, nor fewer than 4 (of up to 4 values, all). In simulations, n / 5 kept a
/// correlation of 0.8 from misleading more than 2 % of the comparisons of 30 values or more, where
/// n / 3 let it mislead 6 %, and found differences almost as often.
Estimate estimate_mean_of_series(std::vector<double> const& values);

/// The t below which a value of Student's distribution is with `probability`, from 0.5 to below 1.
/// The degrees of freedom, 1 at least, need not be a whole number. To about four digits.
double student_t(double probability, double freedom);

}  // namespace roger
