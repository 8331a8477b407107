// The counters as a sentence.
#include "server/counters_text.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger {

TEST_CASE("Counters for a person tell only what there was", "[counters][server]") {
    CHECK(counters_text({}, "displayed") == "displayed 0 messages");
    CHECK(counters_text({.accepted = 1, .messages = 1, .displayed = 1, .acknowledged = 1},
                        "displayed") == "displayed 1 message of 1 client");
    CHECK(counters_text({.accepted = 52,
                         .clients = 2,
                         .messages = 107'607,
                         .displayed = 107'603,
                         .acknowledged = 107'600,
                         .refused_busy = 1'000,
                         .refused_too_long = 4,
                         .lost = 1},
                        "displayed") ==
          "displayed 107,603 messages of 52 clients; refused: 1,000 busy, 4 too long; 3 acks not "
          "sent; 2 clients connected; 1 connection lost");
}

TEST_CASE("Counters for a person tell whatever went wrong", "[counters][server]") {
    CHECK(counters_text({.messages = 3,
                         .displayed = 2,
                         .acknowledged = 2,
                         .message_timeouts = 1,
                         .idle_timeouts = 2,
                         .refused_shutdown = 3,
                         .handler_failed = 4,
                         .handler_refused = 5,
                         .write_timeouts = 6,
                         .accept_pauses = 7,
                         .receive_pauses = 8,
                         .replies = 9,
                         .unanswered = 10,
                         .dropped = 11},
                        "displayed") ==
          "displayed 2 messages; refused: 1 not finished in time, 2 idle too long, 3 at shutdown, "
          "4 that could not be displayed, 5 by the handler; 6 clients that took no answers; 10 "
          "datagrams unanswered; "
          "11 datagrams dropped by the system; 9 datagrams from other servers; 15 pauses for want "
          "of resources");
}

TEST_CASE("Counters of what goes to a stream tell what was stored", "[counters][server]") {
    CHECK(counters_text({.displayed = 1, .acknowledged = 1, .handler_failed = 2}, "stored") ==
          "stored 1 message; refused: 2 that could not be stored");
}

}  // namespace roger
