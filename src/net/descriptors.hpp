// How many files this process may open.
#pragma once

#include <cstddef>

namespace roger {

struct OpenFiles {
    std::size_t most;    ///< the limit on open files, raised as far as it may be: getrlimit(2)
    std::size_t in_use;  ///< open now
};

/// Raises the soft limit to the hard one, and tells how things stand.
OpenFiles raise_open_file_limit();

}  // namespace roger
