// A server's counters for a person.
#pragma once

#include "roger/counters.hpp"

#include <string>
#include <string_view>

namespace roger {

/// What was displayed and of how many clients, and then whatever else there was: "displayed 107,603
/// messages of 52 clients; refused: 2 busy, 1 too long; 3 connections lost". `done` is what the
/// server does with a message, in the past tense: "displayed", or "stored" in a stream.
std::string counters_text(Counters const& counters, std::string_view done);

}  // namespace roger
