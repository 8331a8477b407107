// A time in which nothing can be stored, told to the operator: at most once a second for each
// reason, and when it is over. And what else is odd.
#pragma once

#include "roger/log.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace roger {

/// Of all event loops together. From any thread.
class Outage {
public:
    using Clock = std::chrono::steady_clock;
    using Now = std::function<Clock::time_point()>;

    explicit Outage(Log log, Now now = Clock::now) : log_(std::move(log)), now_(std::move(now)) {}

    /// A loop's block is not stored; it will be tried again.
    void cannot_store(std::size_t loop, std::string const& reason);
    /// A loop's block is no longer tried: whether anything could be stored is unknown until the
    /// next one is.
    void given_up(std::size_t loop);
    /// It is over, unless another loop is still trying.
    void stored(std::size_t loop);

    /// What is refused, and would not be stored if it was tried again. At most once a second.
    void refused(std::string const& sentence);
    /// Once a minute.
    void warn(std::string const& sentence);

private:
    /// Sentences of one kind, each told once in a while.
    using Told = std::map<std::string, Clock::time_point>;

    /// With the lock.
    void end_trying(std::size_t loop);
    /// Whether a sentence is to be told again: with the lock.
    bool is_due(Told& told, std::string const& sentence, Clock::duration between);

    Log log_;
    Now now_;
    std::atomic<bool> lasts_ = false;
    std::mutex guard_;              ///< of the rest
    std::set<std::size_t> trying_;  ///< loops whose block was tried in vain
    Clock::time_point since_;       ///< when the first of these was
    Clock::duration tried_{0};      ///< time before that, in the same outage
    Told failures_;
    Told warnings_;
};

}  // namespace roger
