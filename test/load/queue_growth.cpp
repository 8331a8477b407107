// What a queue that grows says of a rate.
#include "load/queue_growth.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger {

TEST_CASE("A server keeps up with all but the share by which its queue grew", "[load]") {
    CHECK(QueueGrowth{.share = 0.3, .uncertainty = 0.1}.most_kept_up_with(1000) == 700);
    CHECK(QueueGrowth{.share = 1.5, .uncertainty = 0.1}.most_kept_up_with(1000) == 0);
    // Answers that vary: with a few messages one run in forty seems to slow down.
    CHECK(QueueGrowth{.share = 0.05, .uncertainty = 0.04}.most_kept_up_with(30) == 29);
    CHECK(QueueGrowth{.share = 0.3, .uncertainty = 0.3}.most_kept_up_with(1000) == 1000);
    CHECK(QueueGrowth{.share = -0.1, .uncertainty = 0.01}.most_kept_up_with(1000) == 1000);
}

}  // namespace roger
