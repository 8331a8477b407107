// Reasons of a handler's, made fit for the protocol.
#include "roger/refusals.hpp"

#include "protocol/answers.hpp"
#include "protocol/escaped.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace roger {

void Refusals::add(std::size_t message, std::string_view reason) {
    static_assert(max_reasons + 2 <= std::numeric_limits<std::uint8_t>::max());
    if (message >= refused_.size()) {
        refused_.resize(message + 1);
    }
    refused_[message] = static_cast<std::uint8_t>(index_of(reason) + 1);
}

void Refusals::add_rest(std::string_view reason) {
    rest_ = index_of(reason);
}

std::optional<std::size_t> Refusals::reason_for(std::size_t message) const {
    std::size_t const own = message < refused_.size() ? refused_[message] : 0;
    return own != 0 ? own - 1 : rest_;
}

std::size_t Refusals::index_of(std::string_view reason) {
    std::string line = escaped(reason.substr(0, max_reason_bytes));
    auto known = std::ranges::find(reasons_, line);
    if (known == reasons_.end() && reasons_.size() >= max_reasons) {
        line = other_reason;
        known = std::ranges::find(reasons_, line);
    }
    auto const index = static_cast<std::size_t>(known - reasons_.begin());
    if (known == reasons_.end()) {
        reasons_.push_back(std::move(line));
    }
    return index;
}

}  // namespace roger
