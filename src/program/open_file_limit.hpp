// The limit on open files, as high as it may be.
#pragma once

namespace roger {

/// Raises the soft limit to the hard one, getrlimit(2); where the system refuses that, it stays.
void raise_open_file_limit();

}  // namespace roger
