// What the operator reads of an outage.
#include "stream/outage.hpp"

#include <fmt/format.h>

namespace roger {

namespace {

constexpr std::chrono::seconds between_lines{1};
constexpr std::chrono::minutes between_warnings{1};

}  // namespace

void Outage::cannot_store(std::string const& reason) {
    std::lock_guard const lock(guard_);
    auto const now = Clock::now();
    if (!lasts_.exchange(true)) {
        since_ = next_line_ = now;
    }
    if (now >= next_line_) {
        next_line_ = now + between_lines;
        log_(LogLevel::error, fmt::format("cannot store: {}; trying again", reason));
    }
}

void Outage::warn(std::string const& sentence) {
    std::lock_guard const lock(guard_);
    auto const now = Clock::now();
    if (now >= next_warning_) {
        next_warning_ = now + between_warnings;
        log_(LogLevel::warning, sentence);
    }
}

void Outage::stored() {
    if (!lasts_.load(std::memory_order_relaxed)) {
        return;
    }
    std::lock_guard const lock(guard_);
    if (lasts_.exchange(false)) {
        std::chrono::duration<double> const time = Clock::now() - since_;
        log_(LogLevel::info, fmt::format("stored again, after {:.1f} s", time.count()));
    }
}

}  // namespace roger
