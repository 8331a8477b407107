// Counters in words: only those that are not 0.
#include "server/counters_text.hpp"

#include "program/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

namespace {

using Figure = std::pair<std::uint64_t, std::string_view>;

/// Those that are not 0, as "2 busy, 1 too long".
std::string listed(std::initializer_list<Figure> figures) {
    std::vector<std::string> parts;
    for (auto const& [count, what] : figures) {
        if (count != 0) {
            parts.push_back(fmt::format("{} {}", count_text(count), what));
        }
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

/// Nothing where there are none.
std::string counted(std::uint64_t count, std::string_view noun, std::string_view what) {
    return count == 0 ? "" : fmt::format("{} {}", count_text(count, noun), what);
}

}  // namespace

std::string counters_text(Counters const& counters, std::string_view done) {
    std::string text = fmt::format("{} {}", done, count_text(counters.displayed, "message"));
    if (counters.accepted != 0) {
        text += " of " + count_text(counters.accepted, "client");
    }
    std::string const not_done = fmt::format("that could not be {}", done);
    std::string const refused = listed({{counters.refused_busy, "busy"},
                                        {counters.refused_too_long, "too long"},
                                        {counters.message_timeouts, "not finished in time"},
                                        {counters.idle_timeouts, "idle too long"},
                                        {counters.refused_shutdown, "at shutdown"},
                                        {counters.handler_failed, not_done},
                                        {counters.handler_refused, "by the handler"}});
    for (std::string const& part :
         {refused.empty() ? "" : "refused: " + refused,
          counted(counters.displayed - std::min(counters.acknowledged, counters.displayed), "ack",
                  "not sent"),
          counted(counters.clients, "client", "connected"),
          counted(counters.write_timeouts, "client", "that took no answers"),
          counted(counters.lost, "connection", "lost"),
          counted(counters.unanswered, "datagram", "unanswered"),
          counted(counters.dropped, "datagram", "dropped by the system"),
          counted(counters.replies, "datagram", "from other servers"),
          counted(counters.accept_pauses + counters.receive_pauses, "pause",
                  "for want of resources")}) {
        if (!part.empty()) {
            text += "; " + part;
        }
    }
    return text;
}

}  // namespace roger
