// Looks at a file that is inherited, and usually open for writing only, through /proc.
#include "server/output_file.hpp"

#include "net/clock.hpp"
#include "net/descriptor.hpp"
#include "net/uninterrupted.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roger {

namespace {

/// A half record that does not change for so long is one that nobody will finish.
constexpr std::chrono::milliseconds settling_time{200};

/// A lock is held for little longer than that, unless somebody else has one on the file.
constexpr std::chrono::seconds most_lock_time{5};
constexpr std::chrono::milliseconds lock_pause{10};

struct stat status_of(int descriptor) {
    struct stat status{};
    ::fstat(descriptor, &status);
    return status;
}

bool same_file(struct stat const& one, struct stat const& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

[[noreturn]] void fail() {
    throw std::system_error(errno, std::generic_category());
}

/// Another description of a file or directory. Throws std::system_error.
Descriptor opened(char const* path, int flags) {
    Descriptor file(uninterrupted([&] { return ::open(path, flags | O_CLOEXEC | O_NOCTTY); }));
    if (!file) {
        fail();
    }
    return file;
}

std::string proc_link(int descriptor) {
    return fmt::format("/proc/self/fd/{}", descriptor);
}

/// Where the next write goes.
off_t place_of_writing(int descriptor) {
    bool const appends = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
    return appends ? status_of(descriptor).st_size : ::lseek(descriptor, 0, SEEK_CUR);
}

/// The write position, where the byte before it ends no record; 0 where it does.
off_t end_in_record(int descriptor, int readable) {
    off_t const place = place_of_writing(descriptor);
    char last = 0;
    // A position beyond the end has zeros before it, which end no record either.
    if (uninterrupted([&] { return ::pread(readable, &last, 1, place - 1); }) < 0) {
        fail();
    }
    return last != '\n' ? place : 0;
}

/// Another server's write() may be growing the file just now: only a record that stays incomplete
/// was left so.
bool ends_in_record(int descriptor, int readable) {
    off_t const end = end_in_record(descriptor, readable);
    if (end == 0) {
        return false;
    }
    std::this_thread::sleep_for(settling_time);
    return end_in_record(descriptor, readable) == end;
}

/// Lets one of two servers that start at once look first. Released when `readable` is closed. Where
/// files that are only read cannot be locked, as on NFS, or somebody else holds a lock for long,
/// looking without one is better than not at all.
void try_to_lock(int readable) {
    for (auto const deadline = Clock::now() + most_lock_time;
         uninterrupted([&] { return ::flock(readable, LOCK_EX | LOCK_NB); }) != 0 &&
         errno == EWOULDBLOCK && Clock::now() < deadline;) {
        std::this_thread::sleep_for(lock_pause);
    }
}

void end_record(int descriptor) {
    if (uninterrupted([&] { return ::write(descriptor, "\n", 1); }) != 1) {
        throw std::runtime_error(fmt::format(
            "standard output ends in the middle of a record, and the newline to end it with cannot "
            "be written: {}",
            std::system_category().message(errno)));
    }
}

}  // namespace

void end_unfinished_record(int descriptor, Log const& log) {
    if (!S_ISREG(status_of(descriptor).st_mode) || place_of_writing(descriptor) <= 0) {
        return;
    }
    Descriptor file;
    try {
        file = opened(proc_link(descriptor).c_str(), O_RDONLY | O_NONBLOCK);
        if (!same_file(status_of(file.get()), status_of(descriptor))) {
            throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory));
        }
        try_to_lock(file.get());
        if (!ends_in_record(descriptor, file.get())) {
            return;
        }
    } catch (std::system_error const& unreadable) {
        log(LogLevel::warning,
            fmt::format("cannot see whether standard output ends in the middle of a record, which "
                        "the next one would then be joined to: reading it: {}",
                        unreadable.code().message()));
        return;
    }
    end_record(descriptor);
    log(LogLevel::warning,
        "standard output ended in the middle of a record, as after a kill or a full disk: ended it "
        "with a newline");
}

void sync_directory(int descriptor, Log const& log) {
    struct stat const status = status_of(descriptor);
    if (!S_ISREG(status.st_mode)) {
        return;
    }
    try {
        std::filesystem::path const path = std::filesystem::read_symlink(proc_link(descriptor));
        Descriptor const directory = opened(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY);
        struct stat named{};
        if (::fstatat(directory.get(), path.filename().c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0) {
            fail();
        }
        if (!same_file(named, status)) {
            throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory));
        }
        if (uninterrupted([&] { return ::fsync(directory.get()); }) != 0) {
            fail();
        }
    } catch (std::system_error const& failure) {
        log(LogLevel::warning,
            fmt::format("--sync: cannot sync the directory of standard output ({}): if the file is "
                        "new, a power failure can take it away until whoever made it has synced "
                        "its directory",
                        failure.code().message()));
    }
}

}  // namespace roger
