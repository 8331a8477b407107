// What a server has done so far, as one line.
#include "roger/counters.hpp"

#include <fmt/format.h>

namespace roger {

std::string to_string(Counters const& counters) {
    return fmt::format(
        "accepted={} clients={} messages={} displayed={} acknowledged={} bytes={} refused_busy={} "
        "refused_too_long={} refused_unfinished={} refused_idle={} refused_shutdown={} "
        "refused_display={} refused_handler={} write_timeouts={} lost={} accept_pauses={} "
        "receive_pauses={} "
        "replies={} unanswered={} dropped={}",
        counters.accepted, counters.clients, counters.messages, counters.displayed,
        counters.acknowledged, counters.bytes, counters.refused_busy, counters.refused_too_long,
        counters.refused_unfinished, counters.refused_idle, counters.refused_shutdown,
        counters.refused_display, counters.refused_handler, counters.write_timeouts, counters.lost,
        counters.accept_pauses, counters.receive_pauses, counters.replies, counters.unanswered,
        counters.dropped);
}

}  // namespace roger
