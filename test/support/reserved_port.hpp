// A port for a program that goes and comes back.
#pragma once

#include "support/files.hpp"

#include <cstdint>

namespace roger::test {

/// A TCP port of 127.0.0.1 that is this test's until this is gone, also while nobody listens there.
/// Only programs that set SO_REUSEADDR, as servers do, can listen: socket(7). The system chooses it
/// for nobody either, since it is below net.ipv4.ip_local_port_range: ip(7). That number is no
/// other test's, so that its UDP port, and other addresses', are this test's as well, by agreement.
class ReservedPort {
public:
    ReservedPort();

    [[nodiscard]] std::uint16_t number() const { return number_; }

private:
    Descriptor bound_;
    std::uint16_t number_ = 0;
};

}  // namespace roger::test
