// Whether a server's queue grew during a load test.
#pragma once

#include "report/report.hpp"

#include <optional>

namespace roger {

/// By how much responses became longer, as a share of the time that passed: what a queue that grows
/// adds. It is about the share by which more was asked for than the server can do.
struct QueueGrowth {
    double share;
    double uncertainty;  ///< half of its 95 % confidence interval

    static constexpr double noticeable = 0.005;

    /// What is certain of it.
    [[nodiscard]] double least() const { return share - uncertainty; }
    [[nodiscard]] bool is_certain() const { return least() > noticeable; }
};

/// Nothing: fewer than three intervals have answers.
///
/// It is the slope of the responses by the intervals in which they came. A queue delays everyone,
/// so that even the quickest answers become slower, and these vary least; but where a server has
/// several queues, only one may grow, and then the mean shows it. So both are looked at, and the
/// one that has grown with more certainty counts.
std::optional<QueueGrowth> queue_growth(Report const& report);

}  // namespace roger
