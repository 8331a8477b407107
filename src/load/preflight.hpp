// Preflight checks: what would spoil a load test, found before it starts.
#pragma once

#include "load/settings.hpp"
#include "load/target.hpp"

#include <functional>
#include <stdexcept>
#include <string>

namespace roger {

/// The load test cannot be what was asked for: a sentence that says why, and the remedy.
struct CannotRun : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Raises the limit on open files as far as it may be; spreads over addresses of our own where the
/// server is on this host and one address has too few ports. Throws CannotRun where there are not
/// enough files or ports for every client. `warn` is called with what may spoil the figures.
void prepare(LoadSettings const& settings, Target& target,
             std::function<void(std::string const&)> const& warn);

}  // namespace roger
