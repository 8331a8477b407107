// What a server has done, in one line.
#include "roger/counters.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger {

TEST_CASE("Counters are one line of names and values", "[counters][protocol]") {
    Counters const counters{.accepted = 1,
                            .clients = 2,
                            .messages = 3,
                            .displayed = 4,
                            .acknowledged = 5,
                            .bytes = 6,
                            .refused_busy = 7,
                            .refused_too_long = 8,
                            .message_timeouts = 9,
                            .idle_timeouts = 10,
                            .refused_shutdown = 11,
                            .handler_failed = 12,
                            .handler_refused = 13,
                            .write_timeouts = 14,
                            .lost = 15,
                            .accept_pauses = 18446744073709551615U,
                            .receive_pauses = 17,
                            .replies = 18,
                            .unanswered = 19,
                            .dropped = 20};
    CHECK(to_string(counters) ==
          "accepted=1 clients=2 messages=3 displayed=4 acknowledged=5 bytes=6 refused_busy=7 "
          "refused_too_long=8 message_timeouts=9 idle_timeouts=10 refused_shutdown=11 "
          "handler_failed=12 handler_refused=13 write_timeouts=14 lost=15 "
          "accept_pauses=18446744073709551615 receive_pauses=17 replies=18 unanswered=19 "
          "dropped=20");
}

}  // namespace roger
