// Options are validated when they are given.
#pragma once

#include "roger/error.hpp"
#include "roger/timeout.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace roger {

/// Throws Error, Errc::invalid_option, with the sentence, unless it holds.
inline void require_option(bool holds, std::string const& sentence) {
    if (!holds) {
        throw Error(Errc::invalid_option, sentence);
    }
}

/// A wait of less than 1 ms or more than 100 years is out of range: beyond it a moment in the
/// future is none that a clock can tell.
void require_timeout(std::string_view name, Timeout timeout);
void require_delay(std::string_view name, std::chrono::milliseconds delay);

}  // namespace roger
