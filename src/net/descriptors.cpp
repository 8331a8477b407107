// The limit on open files and its use.
#include "net/descriptors.hpp"

#include "net/last_error.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <ranges>
#include <system_error>

#include <fcntl.h>
#include <sys/resource.h>

namespace roger {

namespace {

/// As far as is looked where /proc is not there. New descriptors get the lowest free numbers.
constexpr std::size_t most_probed = 65536;

std::size_t count_open(std::size_t most) {
    std::error_code error;
    std::filesystem::directory_iterator const open_files("/proc/self/fd", error);
    if (!error) {
        return static_cast<std::size_t>(std::distance(begin(open_files), end(open_files)));
    }
    auto const numbers = std::views::iota(0, static_cast<int>(std::min(most, most_probed)));
    return static_cast<std::size_t>(std::ranges::count_if(
        numbers, [](int descriptor) { return ::fcntl(descriptor, F_GETFD) != -1; }));
}

}  // namespace

OpenFiles open_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        throw std::system_error(last_error(), "the limit on open files");
    }
    return {.most = limit.rlim_cur, .in_use = count_open(limit.rlim_cur)};
}

}  // namespace roger
