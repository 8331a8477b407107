// System calls that a signal, FUSE or a network file system can interrupt.
#pragma once

#include <cerrno>

namespace roger {

/// Makes `call` again as long as it fails with EINTR.
template <typename Call>
auto uninterrupted(Call const& call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

}  // namespace roger
