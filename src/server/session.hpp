// One connection: receive, display, acknowledge, until one side ends it.
#pragma once

#include "net/deadlines.hpp"
#include "net/hook.hpp"
#include "protocol/replies.hpp"
#include "roger/lines.hpp"
#include "roger/peer.hpp"
#include "roger/task.hpp"
#include "server/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace roger {

/// Why a session ends, recorded before its operations are cancelled: the cancellation itself
/// looks the same whatever its reason.
enum class Ending : std::uint8_t {
    none,
    client_done,     ///< the client has closed its sending side, and everything is answered
    lost,            ///< the connection broke off
    idle,            ///< nothing said for idle_timeout
    unfinished,      ///< a message not ended within message_timeout
    not_taking,      ///< answers not taken for write_timeout
    busy,            ///< there was no place
    shutting_down,   ///< the server drains
    cannot_display,  ///< the handler failed
};

class Session final : public Hook, DeadlineOwner<Wait> {
public:
    /// `ending` other than none: only its last line is said, and no place is held.
    Session(Loop& loop, LoopSocket socket, Peer peer, Ending ending);
    ~Session() override;
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    /// The whole life of a session. It owns the session, so that a loop that is destroyed while
    /// the coroutine is suspended takes the session with it.
    static Task<void> run(std::unique_ptr<Session> self);

    /// Takes no new messages: what has been received is still displayed and acknowledged.
    void drain();

    /// For one that never runs: says its last line and closes, without waiting for the client. What
    /// the client has said by now is read, so that only what still comes could destroy the line.
    void leave_at_once();

    /// Closes the connection as it stands.
    void cut_off();

private:
    bool listen();
    Task<void> take_turn();
    Task<void> exchange();
    Intake receive();
    Task<std::size_t> display(Intake const& intake);
    Replies answer(Intake const& intake, std::size_t displayed);
    Task<bool> acknowledge(Replies replies);
    Task<void> take_leave();
    void say_last_line();
    ReplyLine const* last_line();

    void deadline_came(Wait wait) override;
    void end(Ending ending);

    Loop& loop_;
    LoopSocket socket_;
    Peer peer_;
    Deadline<Wait> silence_;  ///< for the peer's next move: to say something, take answers, close
    Deadline<Wait> unfinished_;          ///< for the end of the message that has begun
    [[no_unique_address]] Lines lines_;  // what follows lies in its padding
    Ending ending_;
    bool has_place_;
    bool listening_ = false;  ///< suspended until the client says something
};

}  // namespace roger
