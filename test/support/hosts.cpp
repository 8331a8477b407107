// Names of our own.
#include "support/hosts.hpp"

#include <unistd.h>

namespace roger::test {
namespace {

constexpr auto* script = R"(mount --bind "$0" /etc/hosts && exec "$@")";

}  // namespace

Launch with_hosts(Launch launch, std::string const& path) {
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

bool can_change_hosts() {
    static bool const result = [] {
        TempDir const directory;
        write_file(directory / "hosts", "127.0.0.1 localhost\n");
        if (::access("/usr/bin/unshare", X_OK) != 0) {
            return false;
        }
        return run(with_hosts({.program = "/bin/true"}, directory / "hosts")).exit == Exit::with(0);
    }();
    return result;
}

}  // namespace roger::test
