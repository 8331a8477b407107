// The lock, the probe and the removal of a Unix socket's file.
#include "net/unix_path.hpp"

#include "net/endpoint.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roger {

namespace {

/// Nothing, with errno, if there is none.
std::optional<struct stat> status_of(std::string const& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

/// What connect() says about whoever listens at `path`: ECONNREFUSED for nobody; for someone 0,
/// EAGAIN (its backlog is full) or EPROTOTYPE (it takes datagrams).
int probe(std::string const& path) {
    int const probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) {
        return errno;
    }
    Endpoint const endpoint = to_endpoint_of_path(path);
    int const error =
        ::connect(probe, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 ? 0 : errno;
    ::close(probe);
    return error;
}

}  // namespace

UnixPath::UnixPath(std::string path, Transport transport)
    : path_(std::move(path)), transport_(transport) {
    lock();
    try {
        reclaim();
    } catch (...) {
        ::unlink(lock_path().c_str());
        ::close(lock_);
        throw;
    }
}

UnixPath::~UnixPath() {
    struct stat status{};
    if (inode_ != 0 && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
        status.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
    ::unlink(lock_path().c_str());
    ::close(lock_);
}

void UnixPath::refuse(std::string const& reason, int error) const {
    Address const address{.transport = transport_, .host = {}, .port = 0, .path = path_};
    throw Error(Errc::cannot_listen,
                fmt::format("cannot listen on {}: {}", to_string(address), reason),
                std::error_code(error, std::system_category()));
}

/// The lock's file is removed with the lock held, so whoever gets the lock of a file that has been
/// removed meanwhile has locked nothing, and tries again.
void UnixPath::lock() {
    for (;;) {
        lock_ = ::open(lock_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (lock_ < 0) {
            int const error = errno;
            refuse(fmt::format("its lock file {}: {}", lock_path(), std::strerror(error)), error);
        }
        if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
            int const error = errno;
            ::close(lock_);
            if (error == EWOULDBLOCK) {
                refuse("another server holds it", EADDRINUSE);
            }
            refuse(std::strerror(error), error);
        }
        struct stat locked{};
        ::fstat(lock_, &locked);
        auto const named = status_of(lock_path());
        if (named && named->st_dev == locked.st_dev && named->st_ino == locked.st_ino) {
            return;
        }
        ::close(lock_);
    }
}

void UnixPath::reclaim() const {
    auto const status = status_of(path_);
    if (!status) {
        if (int const error = errno; error != ENOENT) {
            refuse(std::strerror(error), error);
        }
        return;
    }
    if (!S_ISSOCK(status->st_mode)) {
        refuse("there is something else than a socket; it is left alone", EEXIST);
    }
    int const error = probe(path_);
    if (error == 0 || error == EAGAIN || error == EPROTOTYPE) {
        refuse("another server listens there", EADDRINUSE);
    }
    if (error != ECONNREFUSED) {
        refuse(fmt::format("there is a socket already: {}", std::strerror(error)), error);
    }
    if (::unlink(path_.c_str()) != 0) {
        int const unremoved = errno;
        refuse(fmt::format("its stale socket file: {}", std::strerror(unremoved)), unremoved);
    }
}

void UnixPath::bound() {
    if (auto const status = status_of(path_)) {
        device_ = status->st_dev;
        inode_ = status->st_ino;
    }
}

}  // namespace roger
