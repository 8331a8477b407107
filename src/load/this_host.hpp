// The machine that this program runs on.
#pragma once

#include "report/host.hpp"

#include <string>

namespace roger {

/// Never fails: what cannot be read stays empty. `cpuinfo` is a file like proc_cpuinfo(5)'s. The
/// texts are as append_escaped writes them.
Host this_host(std::string const& cpuinfo = "/proc/cpuinfo");

}  // namespace roger
