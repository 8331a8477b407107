// Machines of a test's own, whose cables it can pull.
#pragma once

#include "support/files.hpp"
#include "support/network.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace roger::test {

/// Network namespaces, each with a cable to a switch. Where the switch is, the test is: as long as
/// this lives, whatever the calling thread opens and starts is inside of it, by its loopback
/// interface or by a cable to the others.
class StarNetwork {
public:
    /// Why there can be none here; empty: there can.
    static std::string why_not();

    explicit StarNetwork(std::size_t machines);
    ~StarNetwork();
    StarNetwork(StarNetwork const&) = delete;
    StarNetwork& operator=(StarNetwork const&) = delete;

    [[nodiscard]] Network const& machine(std::size_t index) const { return *machines_.at(index); }
    /// In numbers.
    [[nodiscard]] static std::string address_of(std::size_t index);

    /// From now on nothing reaches the machine, nor comes from it, and nobody is told.
    void pull_cable(std::size_t index) const;
    void plug_cable(std::size_t index) const;

private:
    Network center_;
    Descriptor outside_;  ///< the thread's network before
    std::vector<std::unique_ptr<Network>> machines_;
};

/// Skips the test where there can be none.
void need_star_network();

}  // namespace roger::test
