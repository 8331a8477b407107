// The tutorial's own servers, byte for byte: docs/classic.md.
#pragma once

#include "roger/address.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace roger {

enum class ClassicServer : std::uint8_t {
    single,   ///< a stream server that ends after its first connection; over UDP it goes on
    forking,  ///< a TCP server of many clients at once, which goes on
};

/// Serves until it is done, or until SIGINT or SIGTERM. Writes to standard output. Without an
/// address, and where something fails, says so in the tutorial's words. Returns whether all went
/// well: what a client does, or a passing want of resources, is reported and is no failure.
bool serve_classic(ClassicServer kind, std::optional<Address> const& address,
                   std::function<void(std::string_view sentence)> const& say);

}  // namespace roger
