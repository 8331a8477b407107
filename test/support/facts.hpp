// What the system knows about a running process, proc(5).
#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

namespace roger::test {

/// Bytes of physical memory in use, shared libraries included (VmRSS).
std::size_t resident_memory(pid_t process);
/// Bytes that are the process's own: heap and stacks.
std::size_t anonymous_memory(pid_t process);
/// Bytes, what is shared divided among those who share it (Pss).
std::size_t proportional_memory(pid_t process);
/// CPU time of all its threads, user and system.
std::chrono::milliseconds cpu_time(pid_t process);
/// The numbers of those that are open.
std::vector<int> descriptors(pid_t process);
std::size_t open_descriptors(pid_t process);
/// Those above 2 that a program inherits which the process executes: without close-on-exec.
std::vector<int> inheritable_descriptors(pid_t process);
/// The number that it gives to what it opens next.
int next_descriptor(pid_t process);
/// Those that it has in its epoll sets.
std::set<int> watched_descriptors(pid_t process);
std::size_t threads(pid_t process);
/// Whether each of its threads waits for something: none runs, or would run if it had a processor.
bool all_threads_wait(pid_t process);

}  // namespace roger::test
