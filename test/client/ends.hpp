// Two ends of a pipe, or of a pseudo-terminal, in one process.
#pragma once

#include "support/deadline.hpp"
#include "support/files.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace roger::test {

/// What was written to a pipe and not read yet: never waits.
inline std::string readable_now(Descriptor const& descriptor) {
    std::string text;
    pollfd waited = {.fd = descriptor.get(), .events = POLLIN, .revents = 0};
    while (poll(&waited, 1, 0) == 1 && (waited.revents & POLLIN) != 0) {
        std::array<char, 4096> bytes;
        ssize_t const size = read(descriptor.get(), bytes.data(), bytes.size());
        if (size <= 0) {
            break;
        }
        text.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return text;
}

inline void write_now(Descriptor const& descriptor, std::string_view bytes) {
    if (write(descriptor.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        throw Failure("write: " + errno_text(errno));
    }
}

/// More than 64 KiB written before it is read does not fit.
struct Pipe {
    Pipe() {
        std::array<int, 2> ends = {};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw Failure("pipe2: " + errno_text(errno));
        }
        reading = Descriptor(ends[0]);
        writing = Descriptor(ends[1]);
    }
    Descriptor reading;
    Descriptor writing;
};

/// What the user types goes into `user` and what is shown comes out of it; `program` is what a
/// program has as its standard input and output. It does not echo.
struct Terminal {
    Terminal() : user(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        if (grantpt(user.get()) != 0 || unlockpt(user.get()) != 0) {
            throw Failure("pseudo-terminal: " + errno_text(errno));
        }
        program = Descriptor(::open(ptsname(user.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
        termios settings = {};
        tcgetattr(program.get(), &settings);
        settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(program.get(), TCSANOW, &settings);
    }

    /// The next of what is shown, as long as `expected`: equal to it, or not. A terminal passes
    /// things on in its own time, so that it is waited for.
    [[nodiscard]] std::string shown(std::string_view expected) const {
        std::string text(expected.size(), '\0');
        std::size_t size = 0;
        while (size < text.size() && wait_for_descriptor(user.get(), POLLIN, {})) {
            ssize_t const more = read(user.get(), text.data() + size, text.size() - size);
            if (more <= 0) {
                break;
            }
            size += static_cast<std::size_t>(more);
        }
        text.resize(size);
        return text;
    }

    Descriptor user;
    Descriptor program;
};

}  // namespace roger::test
