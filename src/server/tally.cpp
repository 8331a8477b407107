// The sum over event loops.
#include "server/tally.hpp"

namespace roger {

void Tally::add_to(Counters& sum) const {
    sum.accepted += accepted.get();
    sum.clients += clients.get();
    sum.messages += messages.get();
    sum.displayed += displayed.get();
    sum.acknowledged += acknowledged.get();
    sum.bytes += bytes.get();
    sum.refused_busy += refused_busy.get();
    sum.refused_too_long += refused_too_long.get();
    sum.refused_unfinished += refused_unfinished.get();
    sum.refused_idle += refused_idle.get();
    sum.refused_shutdown += refused_shutdown.get();
    sum.refused_display += refused_display.get();
    sum.refused_handler += refused_handler.get();
    sum.write_timeouts += write_timeouts.get();
    sum.lost += lost.get();
    sum.replies += replies.get();
    sum.unanswered += unanswered.get();
}

}  // namespace roger
