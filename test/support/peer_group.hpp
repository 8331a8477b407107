// Many peers in one thread.
#pragma once

#include "support/deadline.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {

/// How many descriptors this process may open at most: a group takes one for each peer.
std::size_t open_file_limit();

/// Sends what each was told to say and keeps what each receives, all at once, while run() runs.
class PeerGroup {
public:
    PeerGroup() = default;
    /// `count` connections to `address`, all open when this returns.
    PeerGroup(std::string const& address, std::size_t count, Deadline deadline = {});

    /// More connections, numbered on.
    void connect(std::string const& address, std::size_t count, Deadline deadline = {});

    [[nodiscard]] std::size_t size() const { return members_.size(); }

    /// Appends to what `member` has to send, from the next run on (or see on_line).
    void send(std::size_t member, std::string_view bytes);
    /// The end of what `member` has to send: half-closes after it.
    void finish(std::size_t member);
    void finish_all();

    /// Called with each member's number for each line that it receives. It may send() more, which
    /// goes out at once.
    void on_line(std::function<void(std::size_t)> listener) { on_line_ = std::move(listener); }

    /// Sends and receives until `done` says so; asked after every event, at least each 50 ms.
    /// Throws Failure with `awaited`, and what the members saw, when the deadline comes first.
    void run(std::string_view awaited, std::function<bool()> const& done, Deadline deadline = {});
    /// ... until every member has received at least `lines` lines in all, or its stream has ended.
    void run_until_lines(std::size_t lines, Deadline deadline = {});
    /// ... until every stream has ended.
    void run_until_ended(Deadline deadline = {});
    /// ... for a while.
    void run_for(Duration duration);

    /// All that `member` has received.
    [[nodiscard]] std::string const& received(std::size_t member) const;
    [[nodiscard]] std::size_t lines(std::size_t member) const { return members_.at(member).lines; }
    [[nodiscard]] std::size_t unsent(std::size_t member) const;
    /// How its stream ended; nothing while it is open.
    [[nodiscard]] std::optional<End> end(std::size_t member) const;

    void close(std::size_t member);
    void reset(std::size_t member);
    [[nodiscard]] Peer& peer(std::size_t member) { return members_.at(member).peer; }

private:
    struct Member {
        Peer peer;
        std::string unsent = {};
        std::size_t sent = 0;  ///< of unsent
        bool finish = false;
        bool finished = false;
        std::string received = {};
        std::size_t lines = 0;
        std::optional<End> end = {};
    };

    void watch(std::size_t number) const;
    void send(Member& member) const;
    void receive(std::size_t number);
    [[nodiscard]] std::string summary() const;

    Descriptor epoll_;
    std::vector<Member> members_;
    std::function<void(std::size_t)> on_line_;
};

}  // namespace roger::test
