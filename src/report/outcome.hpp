// What became of a planned message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>

namespace roger {

/// Every planned message has exactly one.
enum class Outcome : std::uint8_t {
    acked,
    refused,          ///< answered by a line that begins with "error: "
    wrong_answer,     ///< answered by a line that was not expected
    timed_out,        ///< not answered within --ack-timeout
    connection_lost,  ///< sent, or begun to be, and the connection ended before the answer
    never_connected,  ///< there was no connection to send it on
    unsent,           ///< planned, and the run ended before it could be sent
};
inline constexpr std::size_t outcome_count = 7;

/// As reports write it, in JSON with underscores: "acked", "wrong answer".
inline constexpr std::array<std::string_view, outcome_count> outcome_names = {
    "acked",           "refused",         "wrong answer", "timed out",
    "connection lost", "never connected", "unsent"};

constexpr std::string_view name_of(Outcome outcome) {
    return outcome_names[static_cast<std::size_t>(outcome)];
}

/// How many messages had which outcome.
class Outcomes {
public:
    [[nodiscard]] std::uint64_t operator[](Outcome outcome) const {
        return counts_[static_cast<std::size_t>(outcome)];
    }
    void count(Outcome outcome, std::uint64_t messages = 1) {
        counts_[static_cast<std::size_t>(outcome)] += messages;
    }
    void add(Outcomes const& other) {
        for (std::size_t i = 0; i < outcome_count; ++i) {
            counts_[i] += other.counts_[i];
        }
    }
    [[nodiscard]] std::uint64_t sum() const {
        return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
    }
    /// All that were not acked.
    [[nodiscard]] std::uint64_t failed() const { return sum() - (*this)[Outcome::acked]; }

    bool operator==(Outcomes const&) const = default;

private:
    std::array<std::uint64_t, outcome_count> counts_ = {};
};

}  // namespace roger
