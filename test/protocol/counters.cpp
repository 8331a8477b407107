// What a server has done, in one line.
#include "roger/counters.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger {

TEST_CASE("Counters are one line of names and values", "[counters][protocol]") {
    Counters const counters{.accepted = 1,
                            .clients = 2,
                            .messages = 3,
                            .acknowledged = 4,
                            .bytes = 5,
                            .refused_busy = 6,
                            .refused_too_long = 7,
                            .refused_unfinished = 8,
                            .refused_idle = 9,
                            .refused_shutdown = 10,
                            .refused_display = 11,
                            .write_timeouts = 12,
                            .lost = 13,
                            .accept_pauses = 18446744073709551615U};
    CHECK(to_string(counters) ==
          "accepted=1 clients=2 messages=3 acknowledged=4 bytes=5 refused_busy=6 "
          "refused_too_long=7 refused_unfinished=8 refused_idle=9 refused_shutdown=10 "
          "refused_display=11 write_timeouts=12 lost=13 accept_pauses=18446744073709551615");
}

}  // namespace roger
