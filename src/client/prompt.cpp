// Messages from the client's standard input: a line is a message.
#include "client/prompt.hpp"

#include "protocol/line_ending.hpp"

#include <cerrno>
#include <cstddef>
#include <system_error>

#include <poll.h>
#include <unistd.h>

namespace roger {

namespace {

/// A descriptor that was handed to us can be one that does not block.
void wait_until_readable(int descriptor) {
    pollfd waited = {.fd = descriptor, .events = POLLIN, .revents = 0};
    poll(&waited, 1, -1);
}

}  // namespace

Prompt::Prompt(int input, Printer& printer)
    : input_(input), terminal_(isatty(input) == 1), printer_(printer) {}

std::optional<std::string> Prompt::next() {
    if (ended_) {
        return std::nullopt;
    }
    if (terminal_) {
        printer_.prompt("Please enter the message: ");
    }
    std::string line;
    do {
        std::size_t const newline = unread_.find('\n');
        bool const whole = newline != unread_.npos;
        std::size_t const size = whole ? newline + 1 : unread_.size();
        line += unread_.substr(0, size);
        unread_.remove_prefix(size);
        if (whole) {
            line.resize(without_line_ending(line).size());
            return line;
        }
    } while (read_more());
    if (terminal_) {
        // Whatever is printed next, by us or by the shell, starts on a line of its own.
        printer_.print_line("");
    }
    return line.empty() ? std::nullopt : std::optional(line);
}

bool Prompt::read_more() {
    printer_.flush();
    for (;;) {
        ssize_t const size = read(input_, buffer_.data(), buffer_.size());
        if (size >= 0) {
            unread_ = std::string_view(buffer_.data(), static_cast<std::size_t>(size));
            ended_ = size == 0;
            return !ended_;
        }
        if (errno == EAGAIN) {
            wait_until_readable(input_);
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "reading standard input");
        }
    }
}

}  // namespace roger
