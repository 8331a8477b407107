// The sum over event loops.
#include "server/loop_counters.hpp"

namespace roger {

/// Effects before their causes, in the reverse of the order in which a loop counts them: so there
/// are never more acks than messages, however much comes in between.
void LoopCounters::add_to(Counters& sum) const {
    sum.acknowledged += acknowledged.get();
    sum.unanswered += unanswered.get();
    sum.displayed += displayed.get();
    sum.refused_too_long += refused_too_long.get();
    sum.refused_display += refused_display.get();
    sum.refused_handler += refused_handler.get();
    sum.messages += messages.get();
    sum.replies += replies.get();
    sum.bytes += bytes.get();
    sum.write_timeouts += write_timeouts.get();
    sum.lost += lost.get();
    sum.refused_busy += refused_busy.get();
    sum.refused_unfinished += refused_unfinished.get();
    sum.refused_idle += refused_idle.get();
    sum.refused_shutdown += refused_shutdown.get();
    sum.clients += clients.get();
    sum.accepted += accepted.get();
}

}  // namespace roger
