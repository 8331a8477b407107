// What a system call has just said.
#pragma once

#include <cerrno>
#include <system_error>

namespace roger {

/// Compared with std::errc: Asio's constants are of a category of its own.
inline std::error_code last_error() {
    return {errno, std::system_category()};
}

}  // namespace roger
