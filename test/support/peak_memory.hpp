// The most memory that a running process has had.
#pragma once

#include <cstddef>

#include <sys/types.h>

namespace roger::test {

/// Bytes: the most that was ever resident (VmHWM), or since the last reset.
std::size_t peak_memory(pid_t process);

/// The peak becomes what is resident now. False where the system does not let us.
bool reset_peak_memory(pid_t process);

}  // namespace roger::test
