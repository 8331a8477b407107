// Names of our own, for tests of what a name resolves to.
#pragma once

#include "support/process.hpp"

#include <string>

namespace roger::test {

/// Skips the test where it cannot see another /etc/hosts than everybody else does (a mount
/// namespace: needs root, or user namespaces for all).
void need_hosts();

/// Starts the same program where `path`, which outlives it, is /etc/hosts.
Launch with_hosts(Launch launch, std::string const& path);

}  // namespace roger::test
