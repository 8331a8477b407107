// Clients that send numbered messages without a pause, and the outcome of each.
#pragma once

#include "support/deadline.hpp"
#include "support/peer.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {

/// All in one thread, which waits for none of them: each always has a next message to send, made
/// when there is room for it. None waits for an answer before it sends more.
class Flood {
public:
    struct Options {
        std::size_t clients = 8;
        /// Without the newline; at least 32. Sanitizers make each message expensive.
        std::size_t message_bytes = sanitized ? 400 : 40;
        bool reads = true;  ///< takes its answers
        Peer::Options sockets = {};
    };

    Flood(std::string const& address, Options const& options, Deadline deadline = {});

    /// More clients, numbered on.
    void connect(std::string const& address, std::size_t clients, Deadline deadline = {});

    /// Sends and receives until `done` says so; asked after every event, at least each 50 ms.
    /// Throws Failure with `awaited` when the deadline comes first.
    void run(std::string_view awaited, std::function<bool()> const& done, Deadline deadline = {});
    /// ... until so many messages have been acked in all.
    void run_until_acked(std::size_t messages, Deadline deadline = {});
    /// ... until every stream has ended.
    void run_until_ended(Deadline deadline = {});
    /// ... for a while.
    void run_for(Duration duration);

    /// Each ends the message that it is in the middle of, and half-closes.
    void finish();

    [[nodiscard]] std::size_t clients() const { return senders_.size(); }
    /// Messages of one client of which the system has taken at least a part, or the whole.
    [[nodiscard]] std::size_t begun(std::size_t client) const;
    [[nodiscard]] std::size_t sent(std::size_t client) const;
    /// Messages of one client that were acked: its first ones.
    [[nodiscard]] std::size_t acked(std::size_t client) const { return senders_.at(client).acked; }
    /// What one client heard from the first line on that is no ack.
    [[nodiscard]] std::string const& last_words(std::size_t client) const {
        return senders_.at(client).last_words;
    }
    /// How its stream ended; nothing while it is open.
    [[nodiscard]] std::optional<End> end(std::size_t client) const {
        return senders_.at(client).end;
    }

    /// The longest time between two acks, whoever got them.
    [[nodiscard]] Duration longest_pause() const { return longest_pause_; }

    [[nodiscard]] std::size_t all_begun() const;
    [[nodiscard]] std::size_t all_acked() const;

    /// What a server's output (--show text or raw) holds.
    struct Records {
        std::vector<std::size_t> of_client;  ///< its messages 0 to n - 1, each once, in order
        std::vector<std::string> others;     ///< records that are not of these clients
        std::string unfinished;              ///< the last record, where it has no newline
    };
    /// Throws Failure for a record that is not whole, not in order, or there twice.
    [[nodiscard]] Records records(std::string_view output) const;

private:
    struct Sender {
        Peer peer;
        std::size_t next = 0;     ///< the number of the message after those in `unsent`
        std::string unsent = {};  ///< whole messages
        std::size_t sent = 0;     ///< of unsent
        bool finishing = false;
        bool half_closed = false;
        bool broken = false;     ///< takes nothing more
        std::string heard = {};  ///< an unfinished answer
        std::size_t acked = 0;
        std::string last_words = {};
        std::optional<End> end = {};
    };

    [[nodiscard]] std::size_t line_size() const { return options_.message_bytes + 1; }
    [[nodiscard]] std::string message(std::size_t client, std::size_t number) const;
    [[nodiscard]] short interest(Sender const& sender) const;
    void act(std::size_t client, short events);
    void talk(std::size_t client);
    void listen(Sender& sender);
    void note_ack();
    [[nodiscard]] std::string summary() const;

    Options options_;
    std::vector<Sender> senders_;
    std::optional<Clock::time_point> last_ack_;
    Duration longest_pause_{0};
};

/// Each client's messages that were acked, and no others, are in the output, once. Throws Failure
/// naming the first client of whom that is not so.
void require_acked_is_displayed(Flood const& flood, std::string_view output);

}  // namespace roger::test
