// Descriptors 0, 1 and 2: taken before anything else is opened, and safe to write to.
#include "program/standard_descriptors.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roger {

void open_missing_standard_descriptors() {
    // In this order, since open() gives the lowest free descriptor.
    for (auto const& [descriptor, mode] :
         {std::pair(STDIN_FILENO, O_WRONLY), std::pair(STDOUT_FILENO, O_RDONLY),
          std::pair(STDERR_FILENO, O_WRONLY)}) {
        if (fcntl(descriptor, F_GETFD) == -1 && open("/dev/null", mode) != descriptor) {
            throw std::system_error(errno, std::generic_category(), "opening /dev/null");
        }
    }
}

void let_writes_fail() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

bool output_and_error_are_one() {
    struct stat output{};
    struct stat error{};
    return ::fstat(STDOUT_FILENO, &output) == 0 && ::fstat(STDERR_FILENO, &error) == 0 &&
           output.st_dev == error.st_dev && output.st_ino == error.st_ino &&
           output.st_rdev == error.st_rdev;
}

}  // namespace roger
