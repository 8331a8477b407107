// What the client prints, a line at a time: buffered unless it is a terminal.
#include "client/printer.hpp"

#include "protocol/escaped.hpp"

#include <cerrno>
#include <cstddef>
#include <system_error>

#include <poll.h>
#include <unistd.h>

namespace roger {

namespace {

constexpr std::size_t enough = 64 * 1024;

/// A descriptor that was handed to us can be one that does not block.
void wait_until_writable(int descriptor) {
    pollfd waited = {.fd = descriptor, .events = POLLOUT, .revents = 0};
    poll(&waited, 1, -1);
}

}  // namespace

Printer::Printer(int descriptor) : descriptor_(descriptor), terminal_(isatty(descriptor) == 1) {}

void Printer::print_line(std::string_view text) {
    if (terminal_) {
        append_escaped(waiting_, text);
    } else {
        waiting_ += text;
    }
    waiting_ += '\n';
    if (terminal_ || waiting_.size() >= enough) {
        flush();
    }
}

void Printer::prompt(std::string_view text) {
    waiting_ += text;
    flush();
}

void Printer::flush() {
    while (!waiting_.empty()) {
        ssize_t const written = write(descriptor_, waiting_.data(), waiting_.size());
        if (written >= 0) {
            waiting_.erase(0, static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            wait_until_writable(descriptor_);
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "writing to standard output");
        }
    }
}

}  // namespace roger
