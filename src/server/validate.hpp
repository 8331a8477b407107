// Options that cannot be.
#pragma once

#include "roger/server.hpp"

namespace roger {

/// Throws Error (Errc::invalid_option), with a sentence that names the option, what is wrong and
/// what would be right.
void validate(ServerOptions const& options, Handler const& handler);

}  // namespace roger
