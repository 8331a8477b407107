// Distributions as people write them.
#include "load/distribution.hpp"

#include "protocol/quote.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace roger {

namespace {

constexpr std::string_view exponential_prefix = "exp:";

}  // namespace

Distribution Distribution::parse(std::string_view text,
                                 std::function<double(std::string_view)> const& parse_value) {
    if (text.starts_with(exponential_prefix)) {
        double const mean = parse_value(text.substr(exponential_prefix.size()));
        return {.low = mean, .high = mean, .kind = Kind::exponential};
    }
    std::size_t const dash = text.find('-', 1);  // not a sign
    double const low = parse_value(text.substr(0, dash));
    double const high = dash == text.npos ? low : parse_value(text.substr(dash + 1));
    if (high < low) {
        throw std::invalid_argument(quote(text) + " is no range: write the lower value first");
    }
    return {.low = low, .high = high};
}

std::string Distribution::text(std::function<std::string(double)> const& value_text) const {
    if (kind == Kind::exponential) {
        return fmt::format("{}{}", exponential_prefix, value_text(low));
    }
    return low == high ? value_text(low) : fmt::format("{}-{}", value_text(low), value_text(high));
}

}  // namespace roger
