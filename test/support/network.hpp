// A network of a test's own, with as much trouble in it as the test asks for.
#pragma once

#include "support/process.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace roger::test {

/// A network namespace with nothing but a loopback interface. Needs root and iproute2.
class Network {
public:
    /// Why there can be none here; empty: there can.
    static std::string why_not();

    Network();
    ~Network();
    Network(Network const&) = delete;
    Network& operator=(Network const&) = delete;

    /// Starts the same program inside.
    [[nodiscard]] Launch inside(Launch launch) const;

    /// As on a machine whose administrator wants no IPv6. Returns false where that cannot be
    /// changed.
    [[nodiscard]] bool switch_off_ipv6() const;

    /// Port 0 means one of these, and one whose connection is in TIME_WAIT is none of them. Returns
    /// false where that cannot be changed.
    [[nodiscard]] bool allow_ports(std::uint16_t first, std::uint16_t last) const;

    /// What the interface does to each packet, in the words of tc(8): "netem loss 5%". Returns
    /// false where the kernel does not have it.
    bool trouble(std::vector<std::string> const& words);

    /// What the kernel's own statistics say of it so far.
    struct Packets {
        std::uint64_t sent;
        std::uint64_t dropped;
    };
    [[nodiscard]] Packets packets() const;

    /// As ip(8) knows it.
    [[nodiscard]] std::string const& name() const { return name_; }

    /// In the words of ip(8): "link set lo up". Returns false where the kernel does not have it.
    [[nodiscard]] bool ip(std::vector<std::string> const& words) const;
    /// The same, but throws Failure where ip() returns false.
    void demand_ip(std::vector<std::string> const& words) const;

private:
    /// A setting in /proc/sys/net of this network's own.
    [[nodiscard]] bool set(std::string const& setting, std::string const& value) const;

    std::string name_;
};

/// Skips the test where there can be no network of its own.
void need_network();
/// Leaves the network these ports, or skips the test.
void need_ports(Network const& network, std::uint16_t first, std::uint16_t last);

}  // namespace roger::test
