// Sizes or times that differ from message to message.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace roger {

/// One value, or any between two with equal probability, or exponentially distributed ones.
struct Distribution {
    enum class Kind : std::uint8_t { uniform, exponential };

    /// One value.
    static Distribution fixed(double value) { return {.low = value, .high = value}; }

    /// `VALUE`, `VALUE-VALUE` or `exp:MEAN`. Throws std::invalid_argument with a sentence, and what
    /// `parse_value` throws.
    static Distribution parse(std::string_view text,
                              std::function<double(std::string_view)> const& parse_value);

    double low = 0;   ///< the least; exponential: the mean
    double high = 0;  ///< the greatest
    Kind kind = Kind::uniform;

    /// For a random number above 0 and at most 1.
    [[nodiscard]] double value(double random) const {
        return kind == Kind::exponential ? -low * std::log(random)
                                         : low + (high - low) * (1 - random);
    }
    /// As parse() takes it.
    [[nodiscard]] std::string text(std::function<std::string(double)> const& value_text) const;

    bool operator==(Distribution const&) const = default;
};

}  // namespace roger
