// One connection: receive, display, acknowledge, until one side ends it.
#pragma once

#include "net/deadlines.hpp"
#include "net/list_hook.hpp"
#include "protocol/replies.hpp"
#include "roger/batch.hpp"
#include "roger/line_decoder.hpp"
#include "roger/peer_address.hpp"
#include "roger/refusals.hpp"
#include "roger/task.hpp"
#include "server/admission.hpp"
#include "server/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace roger {

/// Why a session ends, recorded before its operations are cancelled: the cancellation itself
/// looks the same whatever its reason.
enum class CloseReason : std::uint8_t {
    none,
    peer_closed,      ///< the client has closed its sending side, and everything is answered
    connection_lost,  ///< the connection broke off
    idle_timeout,     ///< nothing sent for so long
    message_timeout,  ///< a message not ended within it
    write_timeout,    ///< answers not taken for so long
    busy,             ///< the limit on connections was reached
    shutdown,         ///< the server drains
    handler_failed,
};

class Session final : public ListHook, DeadlineOwner<Timer> {
public:
    /// `reason` other than none: it is not served, only its final reply is sent.
    Session(Loop& loop, LoopSocket socket, PeerAddress peer, CloseReason reason, Permit permit);
    ~Session() override;
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    /// The whole life of a session. It owns the session, so that a loop that is destroyed while
    /// the coroutine is suspended takes the session with it.
    static Task<void> run(std::unique_ptr<Session> self);

    /// Takes no new messages: what has been received is still displayed and acknowledged.
    void drain();

    /// For one that never runs: sends its final reply and closes, without waiting for the client.
    /// What the client has sent by now is read, so that only what still comes could destroy it.
    void close_at_once();

    /// Closes the connection as it stands.
    void abort();

private:
    /// The answers to what one read brought.
    struct Owed {
        Replies replies;
        std::size_t acks = 0;  ///< among them
    };

    bool arm_deadlines();
    Task<void> serve_ready();
    Task<void> exchange();
    DecodedLines receive();
    Task<Owed> display(DecodedLines const& decoded);
    Owed answer(Batch const& batch, DecodedLines const& decoded, std::size_t taken,
                Refusals const& refusals);
    Task<bool> acknowledge(Replies replies);
    Task<void> linger_and_close();
    void send_final_reply();
    ReplyLine const* final_reply();

    void on_deadline(Timer timer) override;
    void set_close_reason(CloseReason reason);

    Loop& loop_;
    LoopSocket socket_;
    PeerAddress peer_;
    Permit permit_;
    Deadline<Timer>
        peer_deadline_;  ///< for the peer's next move: to send, read its answers, or close
    Deadline<Timer> message_deadline_;           ///< for the end of the message that has begun
    [[no_unique_address]] LineDecoder decoder_;  // what follows lies in its padding
    CloseReason close_reason_;
    bool served_;
    bool waiting_ = false;  ///< suspended until the client sends something
};

}  // namespace roger
