// What a load test's report amounts to: for scripts and builds an exit status, for people why.
#pragma once

#include "report/report.hpp"

#include <string>
#include <vector>

namespace roger {

/// Not held, if something did not hold that the load tester has no part in: an assertion, or
/// messages that were not acked or answers that answer no message without an assertion that is
/// about these, or the audit found faults. Otherwise none, if any of that is unknown because of the
/// load tester, or no message was planned. Held otherwise, however busy the load tester was: what
/// it adds makes times longer and failures more, and never hides any.
///
/// Throws std::invalid_argument if the text of an assertion is no objective.
LoadVerdict verdict_of(Report const& report);

/// For standard error: a sentence for each reason why the verdict is not "held", without a full
/// stop. None if it is. Throws like verdict_of.
std::vector<std::string> errors_in(Report const& report);

}  // namespace roger
