// The limit on open files and its use.
#include "net/descriptors.hpp"

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <system_error>

#include <sys/resource.h>

namespace roger {

OpenFiles raise_open_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        throw std::system_error(errno, std::system_category(), "the limit on open files");
    }
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit const raised{limit.rlim_max, limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    std::filesystem::directory_iterator const open_files("/proc/self/fd");
    return {.most = limit.rlim_cur,
            .in_use = static_cast<std::size_t>(std::distance(begin(open_files), end(open_files)))};
}

}  // namespace roger
