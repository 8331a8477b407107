// How each kind of standard output is written to.
#include "server/sink.hpp"

#include "net/last_error.hpp"
#include "net/uninterrupted.hpp"
#include "server/pauses.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roger {

namespace {

/// Nothing was taken, and the next try may go better: a full buffer, or no memory in the system.
bool for_a_while(int error) {
    return error == EAGAIN || lacks_memory(error);
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
    : given_(descriptor),
      descriptor_(descriptor),
      kind_(kind_of(descriptor)),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    require_writable(descriptor);
    if (!stop_event_) {
        throw std::system_error(last_error(), "eventfd");
    }
    if (kind_ == Kind::own) {
        open_own();
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
    own_ = Descriptor(uninterrupted(
        [&] { return ::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY); }));
    if (own_) {
        descriptor_ = own_.get();
    } else {
        // Somebody else's terminal or pipe, or one whose reader is gone.
        kind_ = Kind::shared;
    }
}

std::error_code Sink::write(std::string_view& bytes) {
    std::error_code error = write_now(bytes);
    for (bool in_vain = false; !error && !bytes.empty();) {
        error = wait_for_room(in_vain);
        if (!error) {
            std::size_t const before = bytes.size();
            error = write_now(bytes);
            in_vain = bytes.size() == before;
        }
    }
    return error;
}

std::error_code Sink::write_now(std::string_view& bytes) {
    while (!bytes.empty()) {
        long const written = uninterrupted([&] { return write_some(bytes); });
        if (written < 0 && !for_a_while(errno)) {
            return last_error();
        }
        if (written <= 0) {
            return {};
        }
        auto const size = static_cast<std::size_t>(written);
        within_line_ = bytes[size - 1] != '\n';
        bytes.remove_prefix(size);
    }
    return {};
}

long Sink::write_some(std::string_view bytes) {
    switch (kind_) {
        case Kind::socket:
            return ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        case Kind::shared: {
            pollfd writable{.fd = descriptor_, .events = POLLOUT, .revents = 0};
            if (::poll(&writable, 1, 0) <= 0) {
                errno = EAGAIN;
                return -1;
            }
            // What poll() calls writable takes PIPE_BUF bytes, pipe(7).
            bytes = bytes.substr(0, PIPE_BUF);
            [[fallthrough]];
        }
        case Kind::file:
        case Kind::own:
            return ::write(descriptor_, bytes.data(), bytes.size());
    }
    return 0;
}

/// A terminal can have space for one character and need two for a newline, and poll() cannot wait
/// for memory: after a try in vain this only lets time pass.
std::error_code Sink::wait_for_room(bool in_vain) {
    constexpr auto retry_ms = static_cast<int>(retry_pause.count());
    std::array<pollfd, 2> events{
        {{in_vain ? -1 : descriptor_, POLLOUT, 0}, {stop_event_.get(), POLLIN, 0}}};
    if (uninterrupted(
            [&] { return ::poll(events.data(), events.size(), in_vain ? retry_ms : -1); }) < 0) {
        if (!for_a_while(errno)) {
            return last_error();
        }
        std::this_thread::sleep_for(retry_pause);
    }
    if (events[1].revents != 0 || is_stopped_) {
        return std::make_error_code(std::errc::operation_canceled);
    }
    return {};
}

std::error_code Sink::sync() const {
    bool const synced = uninterrupted([&] { return ::fdatasync(descriptor_); }) == 0;
    return synced ? std::error_code{} : last_error();
}

std::error_code Sink::close() {
    std::error_code error;
    for (int const descriptor : {own_.release(), std::exchange(given_, -1)}) {
        // Never tried again: the number is free already, whatever the error. EINTR says that it is,
        // and nothing about what was written: close(2), NOTES.
        if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR && !error) {
            error = last_error();
        }
    }
    descriptor_ = -1;
    return error;
}

void Sink::stop() {
    is_stopped_ = true;
    ::eventfd_write(stop_event_.get(), 1);
}

}  // namespace roger
