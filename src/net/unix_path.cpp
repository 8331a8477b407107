// The lock, the probe and the removal of a Unix socket's file.
#include "net/unix_path.hpp"

#include "net/endpoint.hpp"
#include "net/listen_error.hpp"
#include "net/uninterrupted.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
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

FileIdentity identity_of(struct stat const& status) {
    return {.device = status.st_dev, .inode = status.st_ino};
}

/// Whether `path` is the name of that very file. If not, errno tells why it has no name; 0 for one
/// of another file.
bool is_named(FileIdentity const& file, std::string const& path) {
    errno = 0;
    auto const named = status_of(path);
    return named && identity_of(*named) == file;
}

/// Of the folder, in which a lock file cannot be made.
std::string_view remedy(int error) {
    switch (error) {
        case ENOENT:
            return "; make the folder first";
        case EACCES:
        case EROFS:
            return "; choose a folder that can be written to";
        case EISDIR:
        case ENOTDIR:
        case ELOOP:
        case ENAMETOOLONG:
            return "; choose another name";
        default:
            return "";
    }
}

/// The error of connect() tells whether anyone listens at `path`: ECONNREFUSED for nobody; for
/// someone 0, EAGAIN (its backlog is full) or EPROTOTYPE (it takes datagrams).
int probe(std::string const& path) {
    Descriptor const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe) {
        return errno;
    }
    Endpoint const endpoint = to_endpoint_of_path(path);
    auto const size = static_cast<socklen_t>(endpoint.size());
    return ::connect(probe.get(), endpoint.data(), size) == 0 ? 0 : errno;
}

}  // namespace

UnixPath::UnixPath(std::string path, Transport transport)
    : path_(std::move(path)), transport_(transport) {
    try {
        lock();
        reclaim();
    } catch (...) {
        unlock();
        throw;
    }
}

UnixPath::~UnixPath() {
    if (bound_ && is_named(*bound_, path_)) {
        ::unlink(path_.c_str());
    }
    unlock();
}

void UnixPath::refuse(std::string const& reason, int error) const {
    Address const address{.transport = transport_, .host = {}, .port = 0, .path = path_};
    throw ListenError(address, reason, std::error_code(error, std::system_category()));
}

void UnixPath::refuse_lock(std::string const& reason, int error) const {
    refuse(fmt::format("its lock file {}: {}", lock_path(), reason), error);
}

void UnixPath::refuse_lock(int error) const {
    refuse_lock(fmt::format("{}{}", std::strerror(error), remedy(error)), error);
}

/// The lock's file is removed with the lock held, so whoever gets the lock of a file that has been
/// removed meanwhile has locked nothing, and tries again.
void UnixPath::lock() {
    while (!locked_) {
        lock_ = Descriptor(uninterrupted([&] {
            return ::open(lock_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        }));
        struct stat file{};
        if (!lock_ || ::fstat(lock_.get(), &file) != 0) {
            refuse_lock(errno);
        }
        if (!S_ISREG(file.st_mode) || file.st_size != 0) {
            refuse_lock(
                "there is something else than a lock, which is left alone; choose another name",
                EEXIST);
        }
        if (uninterrupted([&] { return ::flock(lock_.get(), LOCK_EX | LOCK_NB); }) != 0) {
            int const error = errno;
            if (error == EWOULDBLOCK) {
                refuse("another server, or this one, has it; choose another name", EADDRINUSE);
            }
            refuse(std::strerror(error), error);
        }
        locked_ = is_named(identity_of(file), lock_path());
        if (!locked_ && errno != 0 && errno != ENOENT) {
            refuse_lock(errno);
        }
    }
}

/// Whoever found the lock's file taken away may hold another one by now.
void UnixPath::unlock() {
    struct stat file{};
    if (locked_ && ::fstat(lock_.get(), &file) == 0 && is_named(identity_of(file), lock_path())) {
        ::unlink(lock_path().c_str());
    }
    lock_.close();
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
        refuse("there is something else than a socket, which is left alone; choose another name",
               EEXIST);
    }
    int const error = probe(path_);
    if (error == 0 || error == EAGAIN || error == EPROTOTYPE) {
        refuse("another server listens there; choose another name", EADDRINUSE);
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
        bound_ = identity_of(*status);
    }
}

}  // namespace roger
