// Reading the scheduler's figures.
#include "load/run_delay.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include <fcntl.h>
#include <unistd.h>

namespace roger {

std::chrono::nanoseconds RunDelay::total() {
    if (!descriptor_) {
        descriptor_.emplace(::open(file, O_RDONLY | O_CLOEXEC));
    }
    // Nanoseconds that it ran, nanoseconds that it waited, and how often it ran.
    std::array<char, 64> text{};
    ssize_t const size = ::pread(descriptor_->get(), text.data(), text.size(), 0);
    char const* const end = text.data() + std::max<ssize_t>(size, 0);
    char const* const blank = std::find(static_cast<char const*>(text.data()), end, ' ');
    std::int64_t waited = 0;
    if (blank != end) {
        std::from_chars(blank + 1, end, waited);
    }
    return std::chrono::nanoseconds(waited);
}

}  // namespace roger
