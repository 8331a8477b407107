// A system's errors as the standard's: those that std::errc knows all of.
#pragma once

#include <asio/error.hpp>
#include <asio/error_code.hpp>

#include <cerrno>
#include <system_error>

namespace roger {

/// The error of the last system call. Compared with std::errc: Asio's constants are of a category
/// of its own.
inline std::error_code last_error() {
    return {errno, std::system_category()};
}

/// What a system call returned, which `what` names. Throws std::system_error if it failed.
inline int checked(int result, char const* what) {
    if (result < 0) {
        throw std::system_error(last_error(), what);
    }
    return result;
}

/// An error of Asio's category for system errors, in the standard's; any other code unchanged.
inline std::error_code standard_error(asio::error_code error) {
    return error.category() == asio::error::get_system_category()
               ? std::error_code(error.value(), std::system_category())
               : error;
}

}  // namespace roger
