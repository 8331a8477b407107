// A program's own view of the file system.
#include "support/mounts.hpp"

#include <utility>
#include <vector>

#include <unistd.h>

namespace roger::test {

Launch in_own_mounts(Launch launch, std::string const& script, std::string const& path) {
    std::vector<std::string> arguments{"--mount"};
    if (::geteuid() != 0) {
        arguments.insert(arguments.end(), {"--user", "--map-root-user"});
    }
    arguments.insert(arguments.end(), {"/bin/sh", "-c", script, path, launch.program});
    arguments.insert(arguments.end(), launch.arguments.begin(), launch.arguments.end());
    launch.program = "/usr/bin/unshare";
    launch.arguments = std::move(arguments);
    return launch;
}

std::string why_no_mounts(std::string const& script, std::string const& path) {
    if (::access("/usr/bin/unshare", X_OK) != 0) {
        return "util-linux's unshare is not installed";
    }
    auto const tried = run(in_own_mounts({.program = "/bin/true"}, script, path));
    return tried.exit == Exit::with(0) ? "" : "no mount namespace can be made: " + tried.err;
}

}  // namespace roger::test
