// A program's own view of the file system.
#pragma once

#include "support/process.hpp"

#include <string>

namespace roger::test {

/// A shell script, whose $0 is `path`, in a mount namespace of its own: it ends by `exec "$@"`,
/// which is the program. Needs root, or user namespaces for all.
Launch in_own_mounts(Launch launch, std::string const& script, std::string const& path = "sh");

/// Why the script cannot be run so here; empty: it can.
std::string why_no_mounts(std::string const& script, std::string const& path = "sh");

}  // namespace roger::test
