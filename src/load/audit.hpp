// The server's output held against what it acked.
#pragma once

#include "load/audit_trail.hpp"
#include "load/audited_output.hpp"
#include "report/report.hpp"
#include "roger/address.hpp"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace roger {

/// Reads what the server wrote while run number `run` went on; `trails`: one for each event loop.
/// Messages of others are passed over. Order is that of a connection's messages, or of all
/// datagrams of an event loop. Throws std::runtime_error with a sentence where the output cannot be
/// read, or `stop` is requested.
AuditResult audit(AuditedOutput& output, std::uint64_t run, SocketType type,
                  std::vector<AuditTrail const*> const& trails, std::stop_token const& stop = {});

}  // namespace roger
