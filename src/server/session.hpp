// One connection: receive, display, acknowledge, until one side ends it.
#pragma once

#include "net/deadlines.hpp"
#include "protocol/replies.hpp"
#include "roger/lines.hpp"
#include "server/loop.hpp"

#include <asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

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

class Session final : DeadlineOwner {
public:
    /// `ending` other than none: only its last line is said.
    Session(Loop& loop, LoopSocket socket, std::string from, Ending ending);
    ~Session();
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    /// The whole life of a session. It owns the session, so that a loop that is destroyed while
    /// the coroutine is suspended takes the session with it.
    static asio::awaitable<void> run(std::unique_ptr<Session> self);

    /// Takes no new messages: what has been received is still displayed and acknowledged.
    void drain();

    /// Closes the connection as it stands.
    void cut_off();

private:
    void await_client();
    asio::awaitable<void> exchange();
    Intake receive();
    asio::awaitable<std::size_t> display(Intake const& intake);
    Replies answer(Intake const& intake, std::size_t displayed);
    asio::awaitable<bool> acknowledge(Replies replies);
    asio::awaitable<void> take_leave();
    ReplyLine const* last_line();

    void deadline_came(Wait wait) override;
    void end(Ending ending);

    Loop& loop_;
    LoopSocket socket_;
    std::string from_;
    Lines lines_;
    Deadline silence_;     ///< for the peer's next move: to say something, take answers, close
    Deadline unfinished_;  ///< for the end of the message that has begun
    std::list<Session*>::iterator place_in_loop_;
    Ending ending_;
    bool listening_ = false;  ///< suspended until the client says something
};

}  // namespace roger
