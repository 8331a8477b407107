// A file descriptor with an owner.
#pragma once

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace roger {

/// Closes it in the end. Preserves errno, so that whoever fails can tell why afterwards.
class Descriptor {
public:
    Descriptor() = default;
    /// Takes over what a system call returned: a negative number is none.
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = other.release();
        }
        return *this;
    }
    ~Descriptor() { close(); }

    [[nodiscard]] int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    int release() { return std::exchange(number_, -1); }

    /// Where it does not matter whether that fails: it is closed all the same.
    void close() {
        if (number_ >= 0) {
            int const error = errno;
            ::close(release());
            errno = error;
        }
    }

private:
    int number_ = -1;
};

}  // namespace roger
