// The rate of an open loop, which may change while it runs.
#pragma once

#include "net/clock.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// A part of a load test with one rate, or with one that rises or falls evenly.
struct RateStage {
    double from;  ///< messages a second at its beginning
    double to;    ///< at its end
    std::chrono::milliseconds length;

    [[nodiscard]] double messages() const { return (from + to) / 2 * to_seconds(length); }
    bool operator==(RateStage const&) const = default;
};

/// How many messages are planned by when, and the reverse. Message number i, from 0, is planned at
/// the moment by which i messages are.
class RateSchedule {
public:
    /// One rate, without an end.
    explicit RateSchedule(double rate);
    /// Stages, one after the other.
    explicit RateSchedule(std::vector<RateStage> stages);

    /// A rate, as in `1000` or `10k`; or stages with commas between them, `1000:10s` with one rate
    /// and `1000-5000:30s` with one that changes. Throws std::invalid_argument with a sentence.
    static RateSchedule parse(std::string_view text);

    /// When so many messages are planned, since the beginning. A negative count is before it, at
    /// the first rate; what comes after the last stage is never: Clock::duration::max().
    [[nodiscard]] Clock::duration when(double messages) const;

    /// How many messages are planned by then; negative before the beginning.
    [[nodiscard]] double planned_by(Clock::duration since_beginning) const;

    /// None: one rate, without an end.
    [[nodiscard]] std::vector<RateStage> const& stages() const { return stages_; }

    /// Of the stages together. Nothing: without an end.
    [[nodiscard]] std::optional<std::chrono::milliseconds> length() const;

    /// Messages a second: the one rate, or the mean of the stages.
    [[nodiscard]] double mean() const;

    /// Messages a second: the one rate, or the highest of the stages.
    [[nodiscard]] double highest() const;

    /// As parse() takes it.
    [[nodiscard]] std::string text() const;

    bool operator==(RateSchedule const&) const = default;

private:
    double rate_;  ///< at the beginning
    std::vector<RateStage> stages_;
};

}  // namespace roger
