// What became of a planned message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>

namespace roger {

/// Every planned message has exactly one.
enum class Fate : std::uint8_t {
    acked,
    refused,          ///< answered by a line that begins with "error: "
    wrong_answer,     ///< answered by a line that was not expected
    timed_out,        ///< not answered within --ack-timeout
    connection_lost,  ///< sent, or begun to be, and the connection ended before the answer
    never_connected,  ///< there was no connection to send it on
    unsent,           ///< planned, and the run ended before it could be sent
};
inline constexpr std::size_t fate_count = 7;

/// As reports write it, in JSON with underscores: "acked", "wrong answer".
inline constexpr std::array<std::string_view, fate_count> fate_names = {
    "acked",           "refused",         "wrong answer", "timed out",
    "connection lost", "never connected", "unsent"};

constexpr std::string_view name_of(Fate fate) {
    return fate_names[static_cast<std::size_t>(fate)];
}

/// How many messages had which fate.
class Fates {
public:
    [[nodiscard]] std::uint64_t operator[](Fate fate) const {
        return counts_[static_cast<std::size_t>(fate)];
    }
    void count(Fate fate, std::uint64_t messages = 1) {
        counts_[static_cast<std::size_t>(fate)] += messages;
    }
    void add(Fates const& other) {
        for (std::size_t i = 0; i < fate_count; ++i) {
            counts_[i] += other.counts_[i];
        }
    }
    [[nodiscard]] std::uint64_t sum() const {
        return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
    }
    /// All that were not acked.
    [[nodiscard]] std::uint64_t failed() const { return sum() - (*this)[Fate::acked]; }

    bool operator==(Fates const&) const = default;

private:
    std::array<std::uint64_t, fate_count> counts_ = {};
};

}  // namespace roger
