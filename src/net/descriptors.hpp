// How many files this process may open.
#pragma once

#include <cstddef>

namespace roger {

struct OpenFiles {
    std::size_t most;    ///< the soft limit on open files: getrlimit(2)
    std::size_t in_use;  ///< open now
};

OpenFiles open_files();

}  // namespace roger
