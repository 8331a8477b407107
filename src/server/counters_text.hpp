// A server's counters for a person.
#pragma once

#include "roger/counters.hpp"

#include <string>

namespace roger {

/// What was displayed and of how many clients, and then whatever else there was: "displayed 107,603
/// messages of 52 clients; refused: 2 busy, 1 too long; 3 connections lost".
std::string counters_text(Counters const& counters);

}  // namespace roger
