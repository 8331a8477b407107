// Threads, which a system may refuse.
#pragma once

#include "roger/error.hpp"

#include <fmt/format.h>

#include <system_error>
#include <thread>
#include <utility>

namespace roger {

/// The sentence for a thread that the system does not allow.
inline Error no_thread(std::system_error const& error) {
    return {Errc::no_thread,
            fmt::format("cannot start a thread: {}; the limits on processes (ulimit -u) and on "
                        "memory (ulimit -v) decide how many there can be",
                        error.code().message()),
            error.code()};
}

/// Throws Error, Errc::no_thread, if the system allows no more threads.
template <typename Work>
std::jthread start_thread(Work work) {
    try {
        return std::jthread(std::move(work));
    } catch (std::system_error const& error) {
        throw no_thread(error);
    }
}

}  // namespace roger
