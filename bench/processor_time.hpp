// The processor time of a process, exact to the scheduler's own account of it rather than to the
// ticks of proc(5).
#pragma once

#include <ctime>

#include <sys/types.h>

namespace bench {

/// Seconds that all threads of the process, also those that have ended, have run so far; 0 names
/// the calling process. Negative where there is no such process.
inline double processor_seconds(pid_t process) {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
        return -1;
    }
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace bench
