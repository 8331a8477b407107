// Descriptors that travel with bytes over a Unix socket: SCM_RIGHTS, unix(7).
#pragma once

#include "support/deadline.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace roger::test {

/// As many as fit into a control buffer that is meant for an address (IPV6_PKTINFO).
inline constexpr std::size_t few_descriptors = 6;

/// `count` descriptors go along. `receiver`, as printed, is needed where the socket is not
/// connected.
void send_with_descriptors(int socket, std::string_view bytes, std::size_t count,
                           std::string const& receiver = {});

struct WithDescriptors {
    std::string bytes;
    std::size_t descriptors;  ///< how many came along
};

/// The next bytes, and what came with them, closed again.
WithDescriptors receive_with_descriptors(int socket, Deadline deadline = {});

}  // namespace roger::test
