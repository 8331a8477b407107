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
    sum.handler_failed += handler_failed.get();
    sum.handler_refused += handler_refused.get();
    sum.messages += messages.get();
    sum.replies += replies.get();
    sum.bytes += bytes.get();
    sum.write_timeouts += write_timeouts.get();
    sum.lost += lost.get();
    sum.refused_busy += refused_busy.get();
    sum.message_timeouts += message_timeouts.get();
    sum.idle_timeouts += idle_timeouts.get();
    sum.refused_shutdown += refused_shutdown.get();
    sum.clients += clients.get();
    sum.accepted += accepted.get();
}

}  // namespace roger
