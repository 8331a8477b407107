// Names of our own, for tests of what a name resolves to.
#pragma once

#include "support/process.hpp"

#include <string>

namespace roger::test {

/// This machine lets a test see another /etc/hosts than everybody else does (a mount namespace:
/// needs root, or user namespaces for all).
bool can_change_hosts();

/// Starts the same program where `path`, which outlives it, is /etc/hosts.
Launch with_hosts(Launch launch, std::string const& path);

}  // namespace roger::test
