// Whether a server's queue grew during a load test.
#pragma once

#include "net/clock.hpp"
#include "report/histogram.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace roger {

/// By how much responses became longer, as a share of the time that passed: what a queue that grows
/// adds. It is about the share by which more was asked for than the server can do.
struct QueueGrowth {
    double share;
    double uncertainty;  ///< half of its 95 % confidence interval

    static constexpr double noticeable = 0.005;

    /// What is certain of it.
    [[nodiscard]] double least() const { return share - uncertainty; }
    /// What is not ruled out.
    [[nodiscard]] double most() const { return share + uncertainty; }
    [[nodiscard]] bool is_certain() const { return least() > noticeable; }

    /// How many of `planned` messages a server can have kept up with.
    [[nodiscard]] std::uint64_t most_kept_up_with(std::uint64_t planned) const;
};

/// Responses by when their messages were planned. (By when they came, a time in which only quick
/// ones could have come yet would look like one in which there was no queue yet.)
class ResponseTrend {
public:
    /// Of messages that are planned between these moments. Without it, nothing is recorded.
    void measure(Clock::time_point begin, Clock::time_point end);

    /// Allocates nothing.
    void record(Clock::time_point planned, Clock::duration response);
    void add(ResponseTrend const& other);

    /// Nothing: there are too few responses to tell.
    ///
    /// A queue delays everyone, so that even the quickest answers become slower, and these vary
    /// least; but where a server has several queues, only one may grow, and then the mean shows it.
    /// So both are looked at, and the one that has grown with more certainty counts.
    [[nodiscard]] std::optional<QueueGrowth> growth() const;

private:
    Clock::time_point begin_;
    Clock::duration part_{0};       ///< the length of each
    std::vector<Histogram> parts_;  ///< of the time
};

}  // namespace roger
