// Options are validated when they are given.
#pragma once

#include "roger/error.hpp"

#include <string>

namespace roger {

/// Throws Error, Errc::invalid_option, with the sentence, unless it holds.
inline void require_option(bool holds, std::string const& sentence) {
    if (!holds) {
        throw Error(Errc::invalid_option, sentence);
    }
}

}  // namespace roger
