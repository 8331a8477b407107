// Raises the number of files that this process may have open, and says how many clients that
// allows.
#include <algorithm>
#include <cstdint>
#include <cstdio>

#include <sys/resource.h>

// As many of `wanted` connections as the system allows, beside what else the program has open.
rlim_t allowed_connections(rlim_t wanted) {
    rlim_t const others =
        16;  // standard streams, the acceptor, the event loop's own, some to spare
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min(files.rlim_max, std::max(files.rlim_cur, wanted + others));
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    return std::min(wanted, files.rlim_cur - std::min(files.rlim_cur, others));
}

int main() {
    std::printf("%ju connections\n", static_cast<std::uintmax_t>(allowed_connections(1000)));
}
