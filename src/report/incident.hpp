// A few intervals of a run that are far worse than all of another run: a stall, an outage.
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
/// An interval belongs to it whose figure is more than five times that of any interval of the other
/// run: not so many standard deviations, for the noise of maxima often has two modes, with and
/// without a wait for a processor, between which is more than five of them. If half of the
/// intervals are so, it is no event but how the server is, and resampling tells.
///
/// `own_part`, on the figure's scale, is what the load tester may have added in this run: it has to
/// be an incident without that, too.
///
/// Nothing: there is none, or the figure knows none (see ComparedFigure::incident).
std::optional<Incident> find_incident(ComparedFigure const& figure, IntervalSample const& run,
                                      IntervalSample const& other, double own_part = 0);

}  // namespace roger
