// The server's output held against what it acked.
#pragma once

#include "load/audit_trail.hpp"
#include "report/report.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace roger {

/// Reads what the server wrote (--show raw) while run number `run` went on. Records of others are
/// passed over. Throws std::runtime_error with a sentence where the file cannot be read.
AuditResult audit(std::string const& file, std::uint64_t run,
                  std::vector<AuditTrail const*> const& trails);

}  // namespace roger
