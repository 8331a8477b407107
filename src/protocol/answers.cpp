// The wording of the answers.
#include "protocol/answers.hpp"

#include "protocol/quantity.hpp"

#include <fmt/format.h>

namespace roger {

std::string too_long_reason(std::size_t max_message) {
    return fmt::format("{}{}{}", too_long_prefix, max_message, too_long_suffix);
}

std::string message_timeout_reason(Timeout message_timeout) {
    return "message not finished within " + to_string(message_timeout);
}

std::string idle_timeout_reason(Timeout idle_timeout) {
    return "idle for " + to_string(idle_timeout);
}

std::string refusal(std::string_view reason) {
    return std::string(refusal_prefix).append(reason);
}

}  // namespace roger
