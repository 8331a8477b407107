// The machine that a load tester ran on, in words.
#include "report/host.hpp"

#include "program/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace roger {

std::string to_text(Host const& host) {
    std::vector<std::string> known = {
        host.name, host.cpu, host.processors == 0 ? "" : count_text(host.processors, "processor"),
        host.kernel};
    std::erase(known, "");
    return fmt::format("{}", fmt::join(known, ", "));
}

}  // namespace roger
