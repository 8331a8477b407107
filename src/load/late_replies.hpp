// Sockets of datagrams whose outcome is decided: what still arrives there is late, or surplus.
#pragma once

#include "load/readiness.hpp"
#include "load/recorder.hpp"
#include "net/clock.hpp"
#include "net/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace roger {

/// An answer does not say which message it is for; but each message in flight is sent from an
/// address of its own, and so an answer's address identifies it. That address rests after an
/// answer, or a timeout, and is listened to, until nothing is to be expected any more. Then it may
/// be used again, unless its message was never answered.
///
/// Only so many sockets can rest. Beyond that, the one that has rested longest ends its rest
/// early; listened() is how long each was listened to at least.
class LateReplies {
public:
    /// `most`: sockets that may rest after an answer, and as many after a timeout.
    LateReplies(Readiness& readiness, Recorder& recorder, Clock::duration listen_time,
                std::size_t most);
    enum class After : std::uint8_t { answer, timeout };

    /// Takes over a socket that was added to the readiness set, connected to that endpoint of the
    /// server's, and the message of which was planned then.
    void take(Descriptor socket, std::uint16_t endpoint, After after, Clock::time_point planned);

    /// A socket that has rested and is connected to that endpoint, still in the readiness set, if
    /// there is one.
    Descriptor reuse(std::uint16_t endpoint);

    /// When all that rest now will have been listened to for long enough; min if none rests.
    [[nodiscard]] Clock::time_point over_at() const;

    [[nodiscard]] Clock::duration listened() const { return listened_; }

private:
    struct Resting final : SocketOwner {
        void on_event(std::uint32_t events) override;

        LateReplies* among = nullptr;
        Descriptor socket;
        std::uint16_t endpoint = 0;
        bool answered = false;
        Clock::time_point planned;
        Clock::time_point since;
    };

    /// In the order in which they came, which is that in which they go: a ring.
    class Queue {
    public:
        Queue(LateReplies& among, std::size_t most);
        [[nodiscard]] bool empty() const { return size_ == 0; }
        [[nodiscard]] bool full() const { return size_ == slots_.size(); }
        [[nodiscard]] Resting& front() { return slots_[first_]; }
        [[nodiscard]] Resting const& back() const {
            return slots_[(first_ + size_ - 1) % slots_.size()];
        }
        Resting& push();
        void pop();

    private:
        std::vector<Resting> slots_;
        std::size_t first_ = 0;
        std::size_t size_ = 0;
    };

    [[nodiscard]] bool rested(Resting const& resting, Clock::time_point now) const {
        return now - resting.since >= listen_time_;
    }
    void hear(Resting& resting);
    Descriptor release(Queue& queue, Clock::time_point now);

    Readiness& readiness_;
    Recorder& recorder_;
    Clock::duration listen_time_;
    Clock::duration listened_;
    Queue answered_;
    Queue timed_out_;
};

}  // namespace roger
