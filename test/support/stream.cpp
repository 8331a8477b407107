// What a program writes: read by a thread of its own.
#include "support/stream.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace roger::test {

Stream::Stream(std::string name, Descriptor descriptor, bool stalled)
    : name_(std::move(name)),
      descriptor_(std::move(descriptor)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      pause_wanted_(stalled),
      thread_([this] { run(); }) {}

Stream::~Stream() {
    close();
}

void Stream::run() {
    for (;;) {
        bool paused = false;
        {
            std::lock_guard const lock(mutex_);
            if (end_wanted_) {
                return;
            }
            paused = paused_ = pause_wanted_;
            if (at_end_) {
                paused = true;
            }
        }
        changed_.notify_all();
        std::array<pollfd, 2> entries{
            pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0},
            pollfd{.fd = paused ? -1 : descriptor_.get(), .events = POLLIN, .revents = 0}};
        if (::poll(entries.data(), entries.size(), -1) < 0) {
            continue;
        }
        if (entries[0].revents != 0) {
            std::uint64_t count = 0;
            [[maybe_unused]] auto const read = ::read(wake_.get(), &count, sizeof count);
        } else if (entries[1].revents != 0) {
            read_some();
        }
    }
}

void Stream::read_some() {
    std::array<char, 65536> buffer;
    auto const size = ::read(descriptor_.get(), buffer.data(), buffer.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    {
        std::lock_guard const lock(mutex_);
        // A pseudo-terminal ends with EIO.
        if (size <= 0) {
            at_end_ = true;
        } else {
            text_.append(buffer.data(), static_cast<std::size_t>(size));
        }
    }
    changed_.notify_all();
}

void Stream::ask(bool paused, bool ended) {
    {
        std::lock_guard const lock(mutex_);
        pause_wanted_ = paused;
        end_wanted_ = ended;
    }
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const written = ::write(wake_.get(), &one, sizeof one);
}

void Stream::stall() {
    ask(true, false);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return paused_; });
}

void Stream::resume() {
    ask(false, false);
}

void Stream::close() {
    if (!thread_.joinable()) {
        return;
    }
    ask(true, true);
    thread_.join();
    descriptor_.close();
    std::lock_guard const lock(mutex_);
    at_end_ = true;
}

void Stream::fail(std::string_view awaited, std::string_view why) const {
    throw Failure(
        fmt::format("awaited {} on {}: {}; seen so far: {}", awaited, name_, why, legible(text_)));
}

std::string Stream::read_until(std::string_view text, Deadline deadline) {
    std::unique_lock lock(mutex_);
    std::size_t found = std::string::npos;
    changed_.wait_until(lock, deadline.end(), [&] {
        found = text_.find(text, taken_);
        return found != std::string::npos || at_end_;
    });
    if (found == std::string::npos) {
        fail(legible(text), at_end_ ? "the stream ended" : "the deadline came");
    }
    auto const start = taken_;
    taken_ = found + text.size();
    return text_.substr(start, taken_ - start);
}

std::string Stream::read_line(Deadline deadline) {
    std::unique_lock lock(mutex_);
    std::size_t found = std::string::npos;
    changed_.wait_until(lock, deadline.end(), [&] {
        found = text_.find('\n', taken_);
        return found != std::string::npos || at_end_;
    });
    if (found == std::string::npos) {
        if (!at_end_) {
            fail("a line", "the deadline came");
        }
        if (taken_ == text_.size()) {
            fail("a line", "the stream ended");
        }
        found = text_.size();
    }
    auto const start = taken_;
    taken_ = std::min(found + 1, text_.size());
    return text_.substr(start, found - start);
}

std::string Stream::read_all(Deadline deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline.end(), [&] { return at_end_; });
    if (!at_end_) {
        fail("the end", "the deadline came");
    }
    auto const start = std::exchange(taken_, text_.size());
    return text_.substr(start);
}

std::string Stream::seen() const {
    std::lock_guard const lock(mutex_);
    return text_;
}

std::string Stream::last_words(Deadline deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline.end(), [this] { return at_end_ || paused_; });
    return text_;
}

}  // namespace roger::test
