// Reasons of a handler's, made fit for the protocol.
#include "roger/refusals.hpp"

#include "protocol/escaped.hpp"

#include <algorithm>
#include <utility>

namespace roger {

void Refusals::add(void const* message, std::string_view reason) {
    refused_[message] = index_of(reason);
}

void Refusals::add_rest(std::string_view reason) {
    rest_ = index_of(reason);
}

std::optional<std::size_t> Refusals::reason_for(void const* message) const {
    auto const own = refused_.find(message);
    return own != refused_.end() ? own->second : rest_;
}

std::size_t Refusals::index_of(std::string_view reason) {
    std::string line = escaped(reason.substr(0, most_reason_bytes));
    auto known = std::ranges::find(reasons_, line);
    if (known == reasons_.end() && reasons_.size() >= most_reasons) {
        line = "refused";
        known = std::ranges::find(reasons_, line);
    }
    auto const index = static_cast<std::size_t>(known - reasons_.begin());
    if (known == reasons_.end()) {
        reasons_.push_back(std::move(line));
    }
    return index;
}

}  // namespace roger
