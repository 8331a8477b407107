// A switch with machines around it.
#include "support/star_network.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <iostream>

#include <fcntl.h>
#include <sched.h>

namespace roger::test {

namespace {

std::string cable(std::size_t index) {
    return fmt::format("cable{}", index);
}

}  // namespace

std::string StarNetwork::why_not() {
    if (std::string const reason = Network::why_not(); !reason.empty()) {
        return reason;
    }
    Network const network;
    for (std::string const type : {"veth", "bridge"}) {
        if (!network.ip({"link", "add", "tried-" + type, "type", type})) {
            return "the kernel has no " + type;
        }
    }
    return "";
}

StarNetwork::StarNetwork(std::size_t machines)
    : outside_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (!outside_) {
        throw Failure("this thread's network namespace: " + errno_text(errno));
    }
    center_.demand_ip({"link", "add", "switch", "type", "bridge"});
    center_.demand_ip({"address", "add", "10.77.0.254/24", "dev", "switch"});
    center_.demand_ip({"link", "set", "switch", "up"});
    for (std::size_t index = 0; index != machines; ++index) {
        Network const& made = *machines_.emplace_back(std::make_unique<Network>());
        center_.demand_ip({"link", "add", cable(index), "type", "veth", "peer", "name", "eth0",
                           "netns", made.name()});
        center_.demand_ip({"link", "set", cable(index), "master", "switch", "up"});
        made.demand_ip({"address", "add", address_of(index) + "/24", "dev", "eth0"});
        made.demand_ip({"link", "set", "eth0", "up"});
    }
    Descriptor const inside(
        ::open(("/var/run/netns/" + center_.name()).c_str(), O_RDONLY | O_CLOEXEC));
    if (::setns(inside.get(), CLONE_NEWNET) != 0) {
        throw Failure("entering a network namespace: " + errno_text(errno));
    }
}

StarNetwork::~StarNetwork() {
    if (::setns(outside_.get(), CLONE_NEWNET) != 0) {
        std::cerr << "the test stays in its network namespace: " << errno_text(errno) << '\n';
    }
}

std::string StarNetwork::address_of(std::size_t index) {
    return fmt::format("10.77.0.{}", index + 1);
}

void StarNetwork::pull_cable(std::size_t index) const {
    center_.demand_ip({"link", "set", cable(index), "down"});
}

void StarNetwork::plug_cable(std::size_t index) const {
    center_.demand_ip({"link", "set", cable(index), "up"});
}

void need_star_network() {
    if (std::string const reason = StarNetwork::why_not(); !reason.empty()) {
        SKIP(reason);
    }
}

}  // namespace roger::test
