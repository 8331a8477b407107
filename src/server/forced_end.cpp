// The thread that waits until the time is over.
#include "server/forced_end.hpp"

#include "net/signal_mask.hpp"
#include "net/thread.hpp"
#include "program/options.hpp"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <unistd.h>

namespace roger {

namespace {

constexpr std::chrono::milliseconds second_chance{500};

/// How long the end waits for standard error to take its sentence.
constexpr std::chrono::seconds last_words_time{1};

constexpr std::string_view ended_by_force =
    "error: ended by force: the output does not take what is written to it\n";

/// Standard error can hang as the output does. So a thread writes, and nobody waits for it long.
void say_why() {
    std::packaged_task<void()> say(
        [] { std::ignore = ::write(STDERR_FILENO, ended_by_force.data(), ended_by_force.size()); });
    std::future<void> const said = say.get_future();
    try {
        std::thread(std::move(say)).detach();
        said.wait_for(last_words_time);
    } catch (std::system_error const&) {  // NOLINT(bugprone-empty-catch)
        // The exit status tells.
    }
}

}  // namespace

ForcedEnd::ForcedEnd() {
    SignalsBlocked const in_the_thread;
    thread_ = start_thread([this] { run(); });
}

ForcedEnd::~ForcedEnd() {
    std::lock_guard const lock(guard_);
    has_ended_ = true;
    changed_.notify_one();
}

void ForcedEnd::in(std::chrono::milliseconds time) {
    std::lock_guard const lock(guard_);
    Clock::time_point const end = Clock::now() + time;
    time_ = std::min(time_.value_or(end), end);
    changed_.notify_one();
}

void ForcedEnd::now() {
    std::lock_guard const lock(guard_);
    is_now_ = true;
    changed_.notify_one();
}

void ForcedEnd::run() {
    std::unique_lock lock(guard_);
    auto const is_over = [this] { return has_ended_ || is_now_; };
    while (!is_over() && !is_time_over()) {
        if (time_) {
            changed_.wait_until(lock, *time_);
        } else {
            changed_.wait(lock);
        }
    }
    changed_.wait_for(lock, second_chance, is_over);
    if (!has_ended_) {
        say_why();
        std::_Exit(status_failed);
    }
}

}  // namespace roger
