// A network of a test's own.
#include "support/network.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>
#include <random>
#include <utility>

#include <unistd.h>

namespace roger::test {

namespace {

Run iproute(std::string const& program, std::vector<std::string> arguments) {
    return run({.program = "/sbin/" + program, .arguments = std::move(arguments)});
}

/// Of a network: in the words of ip(8) or tc(8).
Run iproute_in(std::string const& network, std::string const& program,
               std::vector<std::string> const& words) {
    std::vector<std::string> arguments = {"-netns", network};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return iproute(program, std::move(arguments));
}

void demand(Run const& run) {
    if (run.exit != Exit::with(0)) {
        throw Failure("a network namespace: " + run.err);
    }
}

std::string unique_name() {
    static int made = 0;
    // A test that was killed may have left one of the same process id.
    return fmt::format("roger-test-{}-{}-{:08x}", ::getpid(), ++made, std::random_device{}());
}

}  // namespace

std::string Network::why_not() {
    if (::access("/sbin/ip", X_OK) != 0 || ::access("/sbin/tc", X_OK) != 0) {
        return "iproute2 is not installed";
    }
    std::string const name = unique_name();
    Run const made = iproute("ip", {"netns", "add", name});
    if (made.exit != Exit::with(0)) {
        return "no network namespace can be made: " + made.err;
    }
    // In a chroot it can be made, but not entered.
    Run const entered = iproute("ip", {"netns", "exec", name, "/bin/true"});
    demand(iproute("ip", {"netns", "delete", name}));
    return entered.exit == Exit::with(0) ? ""
                                         : "no network namespace can be entered: " + entered.err;
}

Network::Network() : name_(unique_name()) {
    demand(iproute("ip", {"netns", "add", name_}));
    demand_ip({"link", "set", "lo", "up"});
}

Network::~Network() {
    try {
        iproute("ip", {"netns", "delete", name_});
    } catch (std::exception const& failure) {
        std::cerr << "the network namespace " << name_ << " stays: " << failure.what() << '\n';
    }
}

Launch Network::inside(Launch launch) const {
    std::vector<std::string> arguments = {"netns", "exec", name_, launch.program};
    arguments.insert(arguments.end(), launch.arguments.begin(), launch.arguments.end());
    launch.program = "/sbin/ip";
    launch.arguments = std::move(arguments);
    return launch;
}

bool Network::switch_off_ipv6() const {
    return set("ipv6/conf/all/disable_ipv6", "1");
}

bool Network::allow_ports(std::uint16_t first, std::uint16_t last) const {
    return set("ipv4/ip_local_port_range", fmt::format("{} {}", first, last)) &&
           set("ipv4/tcp_tw_reuse", "0");
}

bool Network::set(std::string const& setting, std::string const& value) const {
    auto const command = fmt::format("echo {} > /proc/sys/net/{}", value, setting);
    return run(inside({.program = "/bin/sh", .arguments = {"-c", command}})).exit == Exit::with(0);
}

bool Network::ip(std::vector<std::string> const& words) const {
    return iproute_in(name_, "ip", words).exit == Exit::with(0);
}

void Network::demand_ip(std::vector<std::string> const& words) const {
    demand(iproute_in(name_, "ip", words));
}

bool Network::trouble(std::vector<std::string> const& words) {
    std::vector<std::string> arguments = {"qdisc", "replace", "dev", "lo", "root"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return iproute_in(name_, "tc", arguments).exit == Exit::with(0);
}

Network::Packets Network::packets() const {
    Run const shown = iproute_in(name_, "tc", {"-s", "-j", "qdisc", "show", "dev", "lo"});
    demand(shown);
    auto const root = nlohmann::json::parse(shown.out).at(0);
    return {.sent = root.at("packets"), .dropped = root.at("drops")};
}

void need_network() {
    if (std::string const reason = Network::why_not(); !reason.empty()) {
        SKIP(reason);
    }
}

void need_ports(Network const& network, std::uint16_t first, std::uint16_t last) {
    if (!network.allow_ports(first, last)) {
        SKIP("the system's choice of ports cannot be narrowed here");
    }
}

}  // namespace roger::test
