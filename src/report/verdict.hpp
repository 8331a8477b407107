// What a load test's report amounts to: for scripts and builds an exit status, for people why.
#pragma once

#include "report/report.hpp"

#include <string>
#include <vector>

namespace roger {

/// Each is the exit status of a load test that ends with it.
enum class LoadVerdict : int {
    held = 0,
    not_held = 1,
    none = 3,  ///< the figures tell nothing about the server
};

/// None, if the load tester itself was the bottleneck or no message was planned. Not held, if an
/// assertion did not hold, if messages were not acked or answers came that answer no message
/// without an assertion that is about these, or if the audit found faults. Held otherwise.
///
/// Throws std::invalid_argument if the text of an assertion is no objective.
LoadVerdict verdict_of(Report const& report);

/// For standard error: a sentence for each reason why the verdict is not "held", without a full
/// stop. None if it is. Throws like verdict_of.
std::vector<std::string> complaints_about(Report const& report);

}  // namespace roger
