// A Unix socket's file: made, held and removed by one server at a time.
#pragma once

#include "net/descriptor.hpp"
#include "roger/address.hpp"

#include <optional>
#include <string>

#include <sys/types.h>

namespace roger {

/// A file by whatever name, as long as it is open or has one.
struct FileIdentity {
    dev_t device;
    ino_t inode;
    bool operator==(FileIdentity const&) const = default;
};

/// Owns the name of a socket file through a lock on `PATH.lock`, from before bind() to after the
/// file is removed. A probe with connect() alone could remove the file of a server that is just
/// starting: between its bind() and its listen() it refuses connections like a dead one.
class UnixPath {
public:
    /// Takes the name: reclaims a socket file that nobody listens on any more. Throws ListenError
    /// when the name is taken by a live server or by another server that is starting (the cause is
    /// address_in_use then), or by anything that is no socket (a symbolic link included): that is
    /// left alone. So is whatever has the lock's name and is no empty file.
    explicit UnixPath(std::string path, Transport transport = Transport::unix_stream);
    ~UnixPath();
    UnixPath(UnixPath const&) = delete;
    UnixPath& operator=(UnixPath const&) = delete;

    /// The socket has been bound: from now on the file is ours to remove.
    void bound();

private:
    [[noreturn]] void refuse(std::string const& reason, int error) const;
    [[noreturn]] void refuse_lock(std::string const& reason, int error) const;
    [[noreturn]] void refuse_lock(int error) const;
    void lock();
    void unlock();
    void reclaim() const;
    [[nodiscard]] std::string lock_path() const { return path_ + ".lock"; }

    std::string path_;
    Transport transport_;
    Descriptor lock_;
    bool locked_ = false;
    std::optional<FileIdentity> bound_;
};

}  // namespace roger
