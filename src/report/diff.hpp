// What changed from one load test to another, beyond the noise.
#pragma once

#include "report/compared_figure.hpp"
#include "report/incident.hpp"
#include "report/report.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace roger {

/// Each is the exit status of a comparison that ends with it.
enum class Judgement : int { no_worse = 0, worse = 1, cannot_tell = 3 };

/// One figure on both sides.
struct Comparison {
    /// From the old to the new figure: in percent of the old one, and always above -100 %; of a
    /// share, in percentage points.
    struct Change {
        double most_likely;
        double from;
        double to;
    };

    std::string name;  ///< "p99"
    FigureUnit unit = FigureUnit::us;
    /// As the report shows it; of several reports the mean, of times and rates the geometric one.
    /// Nothing: it is not in all of them.
    std::optional<double> before = {};
    std::optional<double> after = {};
    std::optional<Change> change = {};  ///< nothing: too little is known
    Judgement judgement = Judgement::cannot_tell;
    bool better = false;  ///< surely, by however little
    std::optional<Incident> incident_before = {};
    std::optional<Incident> incident_after = {};
    bool worse_by_incident = false;  ///< for that alone
    /// With what the load tester itself may have added to the figures.
    Judgement as_measured = Judgement::cannot_tell;

    /// One could tell, but for what the load tester itself may have added.
    [[nodiscard]] bool may_be_own() const {
        return judgement == Judgement::cannot_tell && as_measured != Judgement::cannot_tell;
    }
};

struct Difference {
    Judgement judgement = Judgement::cannot_tell;
    std::size_t reports_before = 1;
    std::size_t reports_after = 1;
    std::vector<Comparison> comparisons = {};
    std::vector<std::string> warnings = {};  ///< sentences without a full stop
    bool is_comparable = false;              ///< enough is known
};

/// Compares figures of whole runs: the response's mean, p50, p99 and maximum, the share of failed
/// messages, and the rate, unless a rate was asked for and achieved. Each side has a report or
/// more.
///
/// Of one report on each side, the noise is how much the intervals of a run differ (see
/// bootstrap()); what is the same throughout a run and another in the next, such as the layout in
/// memory, is not in it. Of several, the noise is how much the reports of a side differ from each
/// other, which has both in it. All are taken to differ alike, so a side may have a single one.
///
/// A change has a confidence interval by Student's t. The intervals are so wide that with 95 %
/// probability all of them are true.
///
/// A figure is worse, if it surely changed in the bad direction, and most likely by over the
/// margin: 5 %, of a share 0.1 percentage points. It is no worse, if it surely changed by less than
/// that. Otherwise one cannot tell. Of one report on each side, it is worse too where an incident
/// made it so (see find_incident()); and the maximum, which is a single message's, is only worse if
/// there was a stall.
///
/// In all it is worse, if any figure is. Otherwise one cannot tell, if one cannot tell of a figure,
/// but for p99, the maximum and the rate, unless they were worse but for the load tester itself.
/// The first two hang on so few messages that many a test would be in vain for them alone; and a
/// tail that matters shows in the mean. The rate follows from the mean, in a closed loop. So then
/// it is no worse, and the text says what nothing is known about. Nor can one tell when either of
/// two reports has fewer than 5 whole intervals.
///
/// What the load tester itself may be the reason for is no finding: a figure is only worse if it
/// is without what the load tester may have added to the new one, and no worse only if that is so
/// without what it may have added to the old one (see ComparedFigure::own_part): of failures, those
/// that the reports excuse; of times and rates, its delays where a report warns of them; of an
/// incident, its delays in any case. What that cannot explain is told however busy it was.
///
/// Throws std::invalid_argument if a report is twice on one side, which would pass for the lack of
/// any noise.
Difference compare(std::vector<Report> const& before, std::vector<Report> const& after);

/// The judgement in a sentence, the warnings, a table of the figures (pp: percentage points), and
/// the stalls.
std::string to_text(Difference const& difference);

}  // namespace roger
