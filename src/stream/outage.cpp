// What the operator reads of an outage.
#include "stream/outage.hpp"

#include <fmt/format.h>

namespace roger {

namespace {

constexpr std::chrono::seconds between_lines{1};
constexpr std::chrono::minutes between_warnings{1};

}  // namespace

void Outage::cannot_store(std::size_t loop, std::string const& reason) {
    std::lock_guard const lock(guard_);
    if (!lasts_.exchange(true)) {
        tried_ = {};
    }
    if (trying_.empty()) {
        since_ = now_();
    }
    trying_.insert(loop);
    if (is_due(failures_, reason, between_lines)) {
        log_(LogLevel::error, fmt::format("cannot store: {}; trying again", reason));
    }
}

void Outage::given_up(std::size_t loop) {
    std::lock_guard const lock(guard_);
    end_trying(loop);
}

void Outage::end_trying(std::size_t loop) {
    if (trying_.erase(loop) != 0 && trying_.empty()) {
        tried_ += now_() - since_;
    }
}

void Outage::stored(std::size_t loop) {
    if (!lasts_.load(std::memory_order_relaxed)) {
        return;
    }
    std::lock_guard const lock(guard_);
    end_trying(loop);
    if (trying_.empty() && lasts_.exchange(false)) {
        std::chrono::duration<double> const time = tried_;
        log_(LogLevel::info, fmt::format("stored again, after {:.1f} s of trying", time.count()));
    }
}

void Outage::refused(std::string const& sentence) {
    std::lock_guard const lock(guard_);
    if (is_due(failures_, sentence, between_lines)) {
        log_(LogLevel::error, sentence);
    }
}

void Outage::warn(std::string const& sentence) {
    std::lock_guard const lock(guard_);
    if (is_due(warnings_, sentence, between_warnings)) {
        log_(LogLevel::warning, sentence);
    }
}

bool Outage::is_due(Told& told, std::string const& sentence, Clock::duration between) {
    auto const now = now_();
    std::erase_if(told, [&](auto const& entry) { return now - entry.second >= between; });
    return told.emplace(sentence, now).second;
}

}  // namespace roger
