// Names of our own.
#include "support/hosts.hpp"

#include "support/mounts.hpp"

namespace roger::test {
namespace {

constexpr auto* mount_hosts = R"(mount --bind "$0" /etc/hosts && exec "$@")";

}  // namespace

Launch with_hosts(Launch launch, std::string const& path) {
    return in_own_mounts(std::move(launch), mount_hosts, path);
}

bool can_change_hosts() {
    static bool const result = [] {
        TempDir const directory;
        write_file(directory / "hosts", "127.0.0.1 localhost\n");
        return why_no_mounts(mount_hosts, directory / "hosts").empty();
    }();
    return result;
}

}  // namespace roger::test
