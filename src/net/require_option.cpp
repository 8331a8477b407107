// Options are validated when they are given.
#include "net/require_option.hpp"

#include <fmt/format.h>

namespace roger {

namespace {

void require_wait(std::string_view name, std::chrono::milliseconds wait,
                  std::string_view without_limit) {
    constexpr std::chrono::milliseconds max_wait = std::chrono::years(100);
    require_option(wait.count() > 0 && wait <= max_wait,
                   fmt::format("{}: {}ms is out of range; at least 1ms, at most 100 years{}", name,
                               wait.count(), without_limit));
}

}  // namespace

void require_timeout(std::string_view name, Timeout timeout) {
    if (timeout) {
        require_wait(name, *timeout, ", or std::nullopt for no limit");
    }
}

void require_delay(std::string_view name, std::chrono::milliseconds delay) {
    require_wait(name, delay, "");
}

}  // namespace roger
