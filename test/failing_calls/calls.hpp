// Calls that fail, or do not return, when a test says so: what the test and the program under test
// share.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace roger::test {

/// Those that can be made to fail; preload.cpp defines each, and allocations.cpp the one that
/// allocates.
enum class Call : std::uint8_t {
    accept,
    accept4,
    allocate,  ///< malloc(3) and its like; not where a sanitizer has its own
    close,
    epoll_ctl,
    fdatasync,
    fsync,
    pthread_create,
    read,
    recv,
    recvfrom,
    recvmmsg,
    recvmsg,
    send,
    sendmmsg,
    sendmsg,
    quit,    ///< no call: the end of the program, after its exit handlers; it can only be held
    socket,  ///< what narrows its failures is the address family, not a descriptor
    write,
    writev,
};
inline constexpr std::size_t call_count = static_cast<std::size_t>(Call::writev) + 1;

inline constexpr std::uint64_t every_time = std::numeric_limits<std::uint64_t>::max();
inline constexpr int any_descriptor = -1;

/// How one call fails, in memory that both processes have mapped: zeroed, it does not fail.
struct CallFailure {
    std::atomic<bool> held;              ///< it begins only when this is over
    std::atomic<std::uint64_t> holding;  ///< times that it has been held
    std::atomic<std::uint64_t> left;     ///< times that it is still to fail
    std::atomic<int> error;              ///< an errno; 0: it is made all the same
    std::atomic<int> signal;             ///< that the process gets before; 0: none
    std::atomic<int> descriptor;         ///< only on this one, or any_descriptor
    std::atomic<std::uint64_t> seen;     ///< times that it has failed
};
using CallFailures = std::array<CallFailure, call_count>;

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// The environment variable with the path of the file that holds a CallFailures.
inline constexpr char const* failures_variable = "ROGER_FAILING_CALLS";

}  // namespace roger::test
