// When messages are to be sent: decided beforehand, whatever the server does.
#pragma once

#include "load/settings.hpp"
#include "net/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace roger {

struct Timeline {
    Clock::time_point go;     ///< clients may begin to send
    Clock::time_point begin;  ///< what is planned from here on is measured
    Clock::time_point end;    ///< nothing is planned from here on; max: the plan ends by number
};

/// One of several event loops that share a plan: clients are dealt out to them in turn.
struct Shard {
    std::size_t index = 0;
    std::size_t of = 1;

    /// How many of `all` things that are dealt out in turn are this share's.
    [[nodiscard]] std::uint64_t part(std::uint64_t all) const {
        return all / of + (index < all % of ? 1 : 0);
    }
};

/// A client's position in the plan.
struct ClientSchedule {
    static constexpr Clock::time_point none = Clock::time_point::max();

    Clock::time_point next = none;  ///< when its next message is planned, if one is
    std::int64_t index = 0;         ///< the plan's own
    std::uint32_t client = 0;
};

/// How long a plan takes that ends neither when it is told to nor with a closed loop's last answer.
std::optional<Clock::duration> planned_length(LoadSettings const& settings);

/// The plan of one event loop's clients. Open loop: a fixed schedule: message i of all is planned
/// at the moment that the rate gives it (for an even spread), and is client i mod N's. Closed loop:
/// a message is planned at the moment at which its client is free to send it, and has thought.
class Plan {
public:
    Plan(LoadSettings const& settings, Shard share);

    void start(Timeline timeline);

    /// Plans the first message of a client, given by its number among all clients, from 0.
    void enter(ClientSchedule& schedule, std::size_t client);

    /// The message at schedule.next is on its way, or has been given up: plans the next. Closed
    /// loop: at the same moment if the client `can_send` another at once, else when it is freed.
    void take(ClientSchedule& schedule, bool can_send);

    /// All that is planned before `until` is given up: plans the next. Returns how many of those
    /// messages are measured. However many they are, with an even spread it takes no longer.
    std::uint64_t give_up(ClientSchedule& schedule, Clock::time_point until);

    /// The client is free to send again: the moment of its next message in a closed loop, but for
    /// the time that it thinks.
    void free(ClientSchedule& schedule, Clock::time_point now);

    /// Nothing is planned from `now` on.
    void end(Clock::time_point now);

    [[nodiscard]] Timeline const& timeline() const { return timeline_; }

    /// How many measured messages are planned for these clients in all, where that is asked for.
    [[nodiscard]] std::optional<std::uint64_t> quota() const;

private:
    enum class Mode : std::uint8_t { closed, even, poisson };

    void plan_closed(ClientSchedule& schedule, Clock::time_point at);
    void plan_even(ClientSchedule& schedule);
    std::uint64_t give_up_even(ClientSchedule& schedule, Clock::time_point until);
    void plan_poisson(ClientSchedule& schedule);
    [[nodiscard]] Clock::duration think_time(ClientSchedule& schedule) const;
    [[nodiscard]] std::uint64_t messages_of(std::size_t client) const;

    Mode mode_;
    Shard shard_;
    std::size_t clients_;
    std::optional<RateSchedule> rate_;  ///< of all clients of all loops
    std::optional<Distribution> think_time_;
    std::optional<std::uint64_t> messages_;
    std::uint64_t seed_;
    std::uint64_t tickets_;  ///< closed loop: messages that may still be planned
    Timeline timeline_ = {};
};

}  // namespace roger
