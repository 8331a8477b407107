// For coroutines that are spawned in a test and are not to throw.
#pragma once

#include <exception>

namespace roger::test {

/// Out of whatever runs their context.
inline void rethrow(std::exception_ptr const& thrown) {
    if (thrown) {
        std::rethrow_exception(thrown);
    }
}

}  // namespace roger::test
