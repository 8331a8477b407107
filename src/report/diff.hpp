// What changed from one load test to another, beyond the noise.
#pragma once

#include "report/report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roger {

/// Each is the exit status of a comparison that ends with it.
enum class Judgement : int { no_worse = 0, worse = 1, cannot_tell = 3 };

/// One figure in both reports.
struct Comparison {
    enum class Unit : std::uint8_t { us, per_second, share };

    /// From the old to the new figure: in percent of the old one, and always above -100 %; of a
    /// share, in percentage points.
    struct Change {
        double most_likely;
        double from;
        double to;
    };

    std::string name;  ///< "p99"
    Unit unit = Unit::us;
    /// Mean over the intervals: of times and rates the geometric one (see compare), 0 if they are
    /// all 0. Nothing: it is in none.
    std::optional<double> before = {};
    std::optional<double> after = {};
    std::optional<Change> change = {};  ///< nothing: too few intervals
    Judgement judgement = Judgement::cannot_tell;
    bool better = false;  ///< surely, by however little
};

struct Difference {
    Judgement judgement = Judgement::cannot_tell;
    std::vector<Comparison> comparisons;
    std::vector<std::string> warnings;  ///< sentences without a full stop
    bool is_comparable = false;  ///< each report has enough intervals, and is about the server
};

/// Compares the response's mean, p50 and p99, the share of failed messages, and the rate, unless a
/// rate was asked for and achieved. A report's intervals are taken as repetitions: how much they
/// differ among themselves is the noise. (The noise between runs, of another machine or another
/// layout in memory, is in neither report. That is one reason why small changes count for nothing.)
///
/// A change of a time or a rate is a ratio, and their noise is in proportion to them. So their
/// logarithms are compared. An interval without acks has no times, and does not count for them; its
/// rate, which is 0, counts as half a message. A time below half a microsecond counts as that.
///
/// A change has a confidence interval by Welch's t test. Where an interval resembles the one before
/// it, there are fewer independent ones, and fewer are counted, within bounds (see
/// estimate_mean_of_series). The confidence intervals are so wide that with 95 % probability all of
/// them are true.
///
/// A figure is worse, if it surely changed in the bad direction, and most likely by over 5 % (a
/// share: by over 0.1 percentage points). It is no worse, if it surely changed by less than that.
/// Otherwise one cannot tell.
///
/// In all it is worse, if any figure is. Otherwise one cannot tell, if one cannot tell of a figure,
/// but for p99 and the rate. The one hangs on so few messages that many a test would be in vain for
/// it alone; and a tail that matters shows in the mean. The other follows from the mean, in a
/// closed loop. So then it is no worse, and the text says what nothing is known about. Nor can one
/// tell when either report has fewer than 5 whole intervals, or the load tester was the bottleneck
/// in it.
Difference compare(Report const& before, Report const& after);

/// The judgement in a sentence, the warnings, and a table of the figures (pp: percentage points).
std::string to_text(Difference const& difference);

}  // namespace roger
