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

double squares_around(double mean, std::vector<double> const& values);

/// Of one value, as two values or more have it.
double variance_of(std::vector<double> const& values);

/// From two values or more that are independent of each other.
Estimate estimate_mean(std::vector<double> const& values);

/// How many independent values a series is worth of which each may resemble those before it: their
/// number by the integrated autocorrelation time, whose sum ends where the correlation first is not
/// above 0. But a few values tell little about their correlation, and a trend looks like a perfect
/// one; taken at its word, it would leave one value or two, which tell nothing however large a
/// difference is. So it is never fewer than a fifth of them, nor fewer than 4 (of up to 4, all).
double effective_count(std::vector<double> const& series);

/// The t below which a value of Student's distribution is with `probability`, from 0.5 to below 1.
/// The degrees of freedom, 1 at least, need not be a whole number. To about four digits.
double student_t(double probability, double freedom);

}  // namespace roger
