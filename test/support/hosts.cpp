// Names of our own.
#include "support/hosts.hpp"

#include "support/mounts.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace roger::test {
namespace {

constexpr auto* mount_hosts = R"(mount --bind "$0" /etc/hosts && exec "$@")";

}  // namespace

Launch with_hosts(Launch launch, std::string const& path) {
    return in_own_mounts(std::move(launch), mount_hosts, path);
}

void need_hosts() {
    static std::string const why_not = [] {
        TempDir const directory;
        write_file(directory / "hosts", "127.0.0.1 localhost\n");
        return why_no_mounts(mount_hosts, directory / "hosts");
    }();
    if (!why_not.empty()) {
        SKIP("no names of its own: " << why_not);
    }
}

}  // namespace roger::test
