// How much a datagram holds.
#pragma once

#include <cstddef>

namespace roger {

/// What IPv4 has room for: 65,535 bytes, less its own header and that of UDP (udp(7)). What IPv6
/// and a Unix socket take depends on the system.
inline constexpr std::size_t largest_udp_payload = 65'507;

}  // namespace roger
