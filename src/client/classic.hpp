// The tutorial's own clients, byte for byte: docs/classic.md.
#pragma once

#include "roger/address.hpp"
#include "roger/timeout.hpp"

#include <string>

namespace roger {

/// Asks for a message on standard output, reads it from standard input, sends it, prints the
/// answer. Where something fails, says so on standard error in the tutorial's words. Returns
/// whether all went well.
bool talk_classic(Address const& address, Timeout connect_timeout, Timeout ack_timeout);

}  // namespace roger
