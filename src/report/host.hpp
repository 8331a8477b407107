// The machine that a load tester ran on.
#pragma once

#include <cstddef>
#include <string>

namespace roger {

/// As far as the system reports it: the rest is empty, or 0.
struct Host {
    std::string name;
    std::string cpu;             ///< its model, or at least its architecture
    std::size_t processors = 0;  ///< that the load tester might use
    std::string kernel;          ///< with its version: Linux 6.18.5

    bool operator==(Host const&) const = default;
};

/// bench-1, AMD EPYC 7B13, 2 processors, Linux 6.18.5
std::string to_text(Host const& host);

}  // namespace roger
