// Deadlines and what failures say.
#include "support/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>

#include <poll.h>

namespace roger::test {

int Deadline::poll_timeout() const {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
    return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
}

bool wait_for_descriptor(int descriptor, short events, Deadline const& deadline) {
    for (;;) {
        pollfd entry{.fd = descriptor, .events = events, .revents = 0};
        int const ready = ::poll(&entry, 1, deadline.poll_timeout());
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            throw Failure("poll: " + errno_text(errno));
        }
        if (ready == 0 && deadline.over()) {
            return false;
        }
    }
}

void eventually(std::string_view awaited, std::function<bool()> const& condition,
                Deadline deadline) {
    while (!condition()) {
        if (deadline.over()) {
            throw Failure(
                fmt::format("not within {} ms: {}", deadline.duration().count(), awaited));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

bool succeeds_given_time(Duration time, std::function<bool(Duration time)> const& attempt) {
    constexpr int growth = 3;
    for (; time < std::chrono::minutes(2); time *= growth) {
        if (attempt(time)) {
            return true;
        }
    }
    return false;
}

std::string errno_text(int error) {
    return fmt::format("{} ({})", std::generic_category().message(error), error);
}

std::string legible(std::string_view text, std::size_t most) {
    std::string out = "\"";
    auto append = [&out](std::string_view part) {
        for (char const character : part) {
            auto const byte = static_cast<unsigned char>(character);
            if (byte == '\n') {
                out += "\\n";
            } else if (byte == '\\' || byte == '"') {
                out += fmt::format("\\{}", character);
            } else if (byte < 0x20 || byte >= 0x7f) {
                out += fmt::format("\\x{:02x}", byte);
            } else {
                out += character;
            }
        }
    };
    if (text.size() <= most) {
        append(text);
    } else {
        append(text.substr(0, most / 2));
        out += fmt::format("\" ... {} bytes ... \"", text.size() - 2 * (most / 2));
        append(text.substr(text.size() - most / 2));
    }
    return out + '"';
}

}  // namespace roger::test
