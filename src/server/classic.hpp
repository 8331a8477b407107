// The tutorial's own servers, byte for byte: docs/classic.md.
#pragma once

#include "roger/address.hpp"

#include <cstdint>
#include <optional>

namespace roger {

enum class ClassicServer : std::uint8_t {
    single,   ///< a stream server that ends after its first connection; over UDP it goes on
    forking,  ///< a TCP server of many clients at once, which goes on
};

/// Serves until it is done, or until SIGINT or SIGTERM. Writes to standard output. Without an
/// address, and where something fails, says so on standard error in the tutorial's words. Returns
/// whether all went well.
bool serve_classic(ClassicServer kind, std::optional<Address> const& address);

}  // namespace roger
