// A closed loop: clients that each have so many messages in flight, and send the next one for each
// answer. Epoll by hand; no deadline, no check of what the answer says.
#pragma once

#include "loopback.hpp"

#include <hdr/hdr_histogram.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

struct Settings {
    Address server;
    std::size_t clients = 1;
    std::size_t depth = 1;
    /// What each message is. Every answer is a line, or a datagram. Empty: the server speaks first.
    std::string text = "message of 24 bytes, ok\n";
    /// Each message has a connection of its own; the response time begins with connecting.
    bool reconnect = false;
    /// No clock is read for an exchange, no response time kept.
    bool untimed = false;
};

/// Messages of one client that are on their way, oldest first, with the time they were sent.
class InFlight {
public:
    struct Burst {
        Clock::time_point sent;
        std::size_t messages;
    };

    explicit InFlight(std::size_t depth) : bursts_(depth) {}

    [[nodiscard]] bool empty() const { return used_ == 0; }
    [[nodiscard]] Burst& oldest() { return bursts_[first_]; }
    void push(Burst burst) { bursts_[(first_ + used_++) % bursts_.size()] = burst; }
    void pop() {
        first_ = (first_ + 1) % bursts_.size();
        --used_;
    }
    void clear() { used_ = 0; }

private:
    std::vector<Burst> bursts_;  // each holds a message at least: no more of them than messages
    std::size_t first_ = 0;
    std::size_t used_ = 0;
};

class ClosedLoop {
public:
    explicit ClosedLoop(Settings settings);

    /// Runs for so long, and counts from zero.
    void run(std::chrono::duration<double> time);

    [[nodiscard]] std::size_t exchanges() const { return exchanges_; }
    /// Datagrams sent again since no answer came.
    [[nodiscard]] std::size_t resent() const { return resent_; }
    /// Microseconds; 0 where none was kept.
    [[nodiscard]] double response_time(double percentile) const;

private:
    struct Client {
        int socket = -1;
        std::size_t unsent = 0;  // bytes that the socket had no room for
        bool blocked = false;    // epoll tells when there is room again
        InFlight in_flight;
    };

    void connect(Client& client);
    void serve(Client& client, std::uint32_t events, Clock::time_point now);
    /// What has come, in the scratch buffer; nothing where it was only thought to have.
    std::string_view receive_some(Client& client);
    /// How many answers have come.
    std::size_t receive(Client& client);
    void send(Client& client, std::size_t messages, Clock::time_point now);
    void flush(Client& client);
    void answered(Client& client, std::size_t answers, Clock::time_point now);
    void resend_lost(Clock::time_point now);

    Settings settings_;
    int epoll_;
    std::string repeated_;  // the text, as often as a client may send it at once, and once more
    std::vector<char> scratch_;
    std::vector<Client> clients_;
    std::uint32_t connections_ = 0;
    Clock::time_point resend_at_;
    std::size_t exchanges_ = 0;
    std::size_t resent_ = 0;
    std::unique_ptr<hdr_histogram, void (*)(hdr_histogram*)> histogram_;
};

}  // namespace bench
