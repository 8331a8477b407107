// A load test's settings as its reports list them.
#pragma once

#include "load/settings.hpp"

#include <string>
#include <utility>
#include <vector>

namespace roger {

/// The words for a kind of misbehaviour, in --misbehave and in reports.
inline std::vector<std::pair<std::string, Misbehaviour>> const misbehaviours = {
    {"silent", Misbehaviour::silent}, {"slow", Misbehaviour::slow},
    {"deaf", Misbehaviour::deaf},     {"half", Misbehaviour::half},
    {"reset", Misbehaviour::reset},   {"endless", Misbehaviour::endless}};

std::string name_of(Misbehaviour kind);

/// Options, without their dashes, and values, as one would write them on a command line: all that
/// say what was measured. Reports of the same settings are comparable.
std::vector<std::pair<std::string, std::string>> settings_text(LoadSettings const& settings);

}  // namespace roger
