// Deadlines of many clients, at the cost of one timer: deadlines of one length expire in the order
// in which they were set, so a queue for each length keeps them sorted for nothing.
#pragma once

#include "net/list_hook.hpp"
#include "net/while_alive.hpp"
#include "roger/timeout.hpp"

#include <asio/error_code.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace roger {

template <typename Timer>
class DeadlineQueues;

/// Told when a deadline has come; the deadline is no longer armed then. `Timer` is an enumeration
/// of what is waited for, counted from 0.
template <typename Timer>
class DeadlineOwner {
public:
    virtual ~DeadlineOwner() = default;
    virtual void on_deadline(Timer timer) = 0;
};

/// An entry of one of the queues, kept inside its owner: arming allocates nothing.
template <typename Timer>
class Deadline : ListHook {
public:
    explicit Deadline(DeadlineOwner<Timer>& owner) : owner_(owner) {}

    [[nodiscard]] bool armed() const { return linked(); }
    [[nodiscard]] std::chrono::steady_clock::time_point at() const { return at_; }
    void disarm() { unlink(); }

private:
    friend class DeadlineQueues<Timer>;

    DeadlineOwner<Timer>& owner_;
    std::chrono::steady_clock::time_point at_;
};

/// The queues themselves: no clock, no timer, so that tests can let time pass as they like.
template <typename Timer>
class DeadlineQueues {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// How long each wait lasts, in the enumeration's order.
    explicit DeadlineQueues(std::vector<Timeout> lengths)
        : lengths_(std::move(lengths)), queues_(lengths_.size()) {}

    /// Puts the deadline at the end of its queue, wherever it was before. A wait without an end
    /// only disarms it.
    void arm(Deadline<Timer>& deadline, Timer timer, TimePoint now) {
        deadline.disarm();
        auto const index = static_cast<std::size_t>(timer);
        if (!lengths_[index]) {
            return;
        }
        deadline.at_ = now + *lengths_[index];
        deadline.link_before(queues_[index]);
    }

    /// The earliest deadline of all.
    [[nodiscard]] std::optional<TimePoint> next() const {
        std::optional<TimePoint> earliest;
        for (ListHook const& queue : queues_) {
            if (queue.linked() && (!earliest || first(queue).at_ < *earliest)) {
                earliest = first(queue).at_;
            }
        }
        return earliest;
    }

    /// Disarms every deadline that has come by `now`, and tells its owner.
    void expire(TimePoint now) {
        for (std::size_t index = 0; index < queues_.size(); ++index) {
            ListHook const& queue = queues_[index];
            while (queue.linked() && first(queue).at_ <= now) {
                Deadline<Timer>& come = first(queue);
                come.disarm();
                come.owner_.on_deadline(static_cast<Timer>(index));
            }
        }
    }

private:
    static Deadline<Timer>& first(ListHook const& queue) {
        return static_cast<Deadline<Timer>&>(*queue.next());
    }

    std::vector<Timeout> lengths_;
    std::vector<ListHook> queues_;
};

/// Drives the queues of one event loop with one timer. The timer is not moved when a deadline is:
/// it fires when the earliest might have come, and looks again.
template <typename Timer>
class DeadlineTimer {
public:
    /// `owner` is what this is a part of: when the timer fires after that is gone, nothing happens.
    DeadlineTimer(asio::io_context& context, DeadlineQueues<Timer>& queues,
                  std::weak_ptr<void> owner)
        : timer_(context), queues_(queues), owner_(std::move(owner)) {}

    void arm(Deadline<Timer>& deadline, Timer timer) {
        queues_.arm(deadline, timer, std::chrono::steady_clock::now());
        if (deadline.armed() && (!wakes_at_ || deadline.at() < *wakes_at_)) {
            wake_at(deadline.at());
        }
    }

private:
    void wake_at(std::chrono::steady_clock::time_point at) {
        wakes_at_ = at;
        timer_.expires_at(at);
        // The owner can outlive this, and a handler that is due be run after its timer is gone.
        timer_.async_wait(while_alive(owner_, while_alive(self_, [this](asio::error_code error) {
                                          if (!error) {
                                              expire();
                                          }
                                      })));
    }

    void expire() {
        wakes_at_.reset();
        queues_.expire(std::chrono::steady_clock::now());
        // Deadlines that an owner armed just now have set the timer already.
        if (auto const next = queues_.next(); next && !wakes_at_) {
            wake_at(*next);
        }
    }

    asio::steady_timer timer_;
    DeadlineQueues<Timer>& queues_;
    std::weak_ptr<void> owner_;
    std::optional<std::chrono::steady_clock::time_point> wakes_at_;
    std::shared_ptr<void> self_ = std::make_shared<char>();  ///< gone with this
};

}  // namespace roger
