// Which NATS server is tried next.
#include "stream/host_list.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace roger::test {
namespace {

using Hosts = std::vector<std::string>;

}  // namespace

TEST_CASE("Hosts are tried from the one after that which was connected to last", "[stream]") {
    HostList hosts({"a", "b", "a", "c"});
    CHECK(hosts.next_first() == Hosts{"a", "b", "c"});
    hosts.connected_to("a");
    CHECK(hosts.next_first() == Hosts{"b", "c", "a"});
    hosts.connected_to("c");
    CHECK(hosts.next_first() == Hosts{"a", "b", "c"});
}

TEST_CASE("Hosts that servers tell of take the place of those told of before", "[stream]") {
    HostList hosts({"a"});
    hosts.connected_to("a");
    CHECK_FALSE(hosts.has_other_than("a"));
    hosts.learn({"b", "a", "c"});
    CHECK(hosts.next_first() == Hosts{"b", "c", "a"});
    CHECK(hosts.has_other_than("a"));

    hosts.connected_to("b");
    hosts.relearn({"d"});
    CHECK(hosts.next_first() == Hosts{"d", "a", "b"});

    hosts.relearn({});
    CHECK(hosts.next_first() == Hosts{"d", "a", "b"});
}

}  // namespace roger::test
