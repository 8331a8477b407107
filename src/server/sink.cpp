// How each kind of standard output is written to.
#include "server/sink.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <climits>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roger {

namespace {

std::error_code last_error() {
    return {errno, std::system_category()};
}

void require_writable(int descriptor) {
    int const flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
        throw std::runtime_error(
            "standard output is closed: messages need somewhere to be written to, if only "
            "/dev/null");
    }
}

}  // namespace

Sink::Sink(int descriptor)
    : descriptor_(descriptor),
      kind_(kind_of(descriptor)),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    require_writable(descriptor);
    if (stop_event_ < 0) {
        throw std::system_error(last_error(), "eventfd");
    }
    if (kind_ == Kind::own) {
        open_own();
    }
}

Sink::~Sink() {
    ::close(stop_event_);
    if (own_ >= 0) {
        ::close(own_);
    }
}

Sink::Kind Sink::kind_of(int descriptor) {
    struct stat status{};
    ::fstat(descriptor, &status);
    if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)) {
        return Kind::file;
    }
    return S_ISSOCK(status.st_mode) ? Kind::socket : Kind::own;
}

void Sink::open_own() {
    auto const name = fmt::format("/proc/self/fd/{}", descriptor_);
    own_ = ::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (own_ >= 0) {
        descriptor_ = own_;
    } else {
        // Somebody else's terminal or pipe, or one whose reader is gone.
        kind_ = Kind::shared;
    }
}

std::error_code Sink::write(std::string_view& bytes) {
    std::error_code error = write_now(bytes);
    while (!error && !bytes.empty()) {
        error = wait_writable();
        if (!error) {
            error = write_now(bytes);
        }
    }
    return error;
}

std::error_code Sink::write_now(std::string_view& bytes) {
    while (!bytes.empty()) {
        long const written = write_some(bytes);
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            return {};
        } else if (errno != EINTR) {
            return last_error();
        }
    }
    return {};
}

long Sink::write_some(std::string_view bytes) {
    switch (kind_) {
        case Kind::socket:
            return ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        case Kind::shared: {
            pollfd writable{.fd = descriptor_, .events = POLLOUT, .revents = 0};
            if (::poll(&writable, 1, 0) == 0) {
                errno = EAGAIN;
                return -1;
            }
            // What poll() calls writable has room for PIPE_BUF bytes, pipe(7).
            bytes = bytes.substr(0, PIPE_BUF);
            [[fallthrough]];
        }
        case Kind::file:
        case Kind::own:
            return ::write(descriptor_, bytes.data(), bytes.size());
    }
    return 0;
}

std::error_code Sink::wait_writable() {
    std::array<pollfd, 2> events{{{descriptor_, POLLOUT, 0}, {stop_event_, POLLIN, 0}}};
    while (::poll(events.data(), events.size(), -1) < 0) {
        if (errno != EINTR) {
            return last_error();
        }
    }
    if (events[1].revents != 0) {
        return std::make_error_code(std::errc::operation_canceled);
    }
    return {};
}

std::error_code Sink::sync() const {
    return ::fdatasync(descriptor_) == 0 ? std::error_code{} : last_error();
}

void Sink::stop() const {
    ::eventfd_write(stop_event_, 1);
}

}  // namespace roger
