// A few intervals of a run that are far worse than all others: a stall, an outage.
#pragma once

#include "report/compared_figure.hpp"
#include "report/interval_sample.hpp"

#include <optional>
#include <string_view>

namespace roger {

struct Incident {
    std::string_view kind;  ///< "stall"
    double from_s = 0;      ///< where the first of its intervals begins
    double to_s = 0;        ///< where the last of them ends
    double worst = 0;       ///< the figure in the worst of them
    double without = 0;     ///< the run's figure without them

    bool operator==(Incident const&) const = default;
};

/// An incident is one event, so no resampling of the run that it is in can tell whether the next
/// run would have one. But one that took a hundredth of the run is not to be passed over: a stall,
/// if it lasted so long (at a fixed rate a hundredth of the messages would meet it, and p99 would
/// show it); an outage, if so many messages failed for it.
///
/// An interval belongs to it whose figure is worse than the median of its run by 10 standard
/// deviations (by the median deviation in both runs), and, like the worst interval of the other
/// run, by a factor of two at least (a share: by the margin). Ten, because intervals are not
/// distributed normally: of Student's distribution with 3 degrees of freedom, one value in 1,400 is
/// further out.
///
/// Nothing: there is none, or not of this figure (see ComparedFigure::incident).
std::optional<Incident> find_incident(ComparedFigure const& figure, IntervalSample const& run,
                                      IntervalSample const& other);

}  // namespace roger
