// What a server has done so far, as one line.
#include "roger/counters.hpp"

#include <fmt/format.h>

namespace roger {

std::string to_string(Counters const& counters) {
    return fmt::format(
        "accepted={} clients={} messages={} displayed={} acknowledged={} bytes={} refused_busy={} "
        "refused_too_long={} message_timeouts={} idle_timeouts={} refused_shutdown={} "
        "handler_failed={} handler_refused={} write_timeouts={} lost={} accept_pauses={} "
        "receive_pauses={} "
        "replies={} unanswered={} dropped={}",
        counters.accepted, counters.clients, counters.messages, counters.displayed,
        counters.acknowledged, counters.bytes, counters.refused_busy, counters.refused_too_long,
        counters.message_timeouts, counters.idle_timeouts, counters.refused_shutdown,
        counters.handler_failed, counters.handler_refused, counters.write_timeouts, counters.lost,
        counters.accept_pauses, counters.receive_pauses, counters.replies, counters.unanswered,
        counters.dropped);
}

}  // namespace roger
