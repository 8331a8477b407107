// Which of the client's messages were acknowledged, and the sentences about those that were not.
#include "client/receipts.hpp"

#include <fmt/format.h>

namespace roger {

std::string Receipts::not_acknowledged(std::string_view why) {
    ++messages_;
    if (++missing_ == 1) {
        first_missing_ = fmt::format("message {}: {}", messages_, why);
    }
    return fmt::format("message {} was not acknowledged: {}", messages_, why);
}

std::string Receipts::summary() const {
    if (missing_ < 2) {
        return {};
    }
    return fmt::format("{} of {} messages were not acknowledged, the first of them {}", missing_,
                       messages_, first_missing_);
}

}  // namespace roger
