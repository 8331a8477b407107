// When to try again what has failed.
#include "client/backoff.hpp"

#include <algorithm>

namespace roger {

std::optional<std::chrono::milliseconds> Backoff::next() {
    using std::chrono::milliseconds;
    if (options_.attempts && attempts_ >= *options_.attempts) {
        return std::nullopt;
    }
    if (attempts_++ == 0) {
        delay_ = milliseconds(0);
        return delay_;
    }
    // Compared before it is doubled, so that no delay overflows.
    delay_ = delay_ == milliseconds(0)         ? options_.initial_delay
             : delay_ > options_.max_delay / 2 ? options_.max_delay
                                               : delay_ * 2;
    delay_ = std::min(delay_, options_.max_delay);
    std::uniform_int_distribution<milliseconds::rep> jittered(delay_.count() / 2, delay_.count());
    return milliseconds(jittered(random_));
}

}  // namespace roger
