// One connection: receive, display, acknowledge, until one side ends it.
#pragma once

#include "net/deadlines.hpp"
#include "net/descriptor.hpp"
#include "net/list_hook.hpp"
#include "net/waiter.hpp"
#include "roger/line_decoder.hpp"
#include "roger/peer_address.hpp"
#include "roger/task.hpp"
#include "server/admission.hpp"
#include "server/close_reason.hpp"
#include "server/loop.hpp"
#include "server/read_batch_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace roger {

/// By when a message that has begun is to end.
struct MessageDeadline : Deadline<DeadlineKind> {
    using Deadline::Deadline;

    /// Once it has expired: bytes that had arrived by then, and have not been read yet.
    std::size_t unread_in_time = 0;
};

class Session final : public ListHook, DeadlineOwner<DeadlineKind>, SocketOwner {
public:
    /// With a `reason` it is not served, only sent its final reply. `socket` does not block.
    Session(Loop& loop, Descriptor socket, PeerAddress peer, CloseReason reason, Permit permit);
    ~Session() override;
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    /// The whole life of a session. It owns the session, so that a loop that is destroyed while
    /// the coroutine is suspended takes the session with it.
    static Task<void> run(std::unique_ptr<Session> self);

    /// Adds its socket to the loop's ready set. Throws std::system_error.
    void watch();

    /// Takes no new messages: what has been received is still displayed and acknowledged.
    void drain();

    /// For a session that never runs: sends the reason and closes, without waiting for the client.
    /// Before it closes it reads what the client has sent so far: a close with unread input can
    /// destroy the reply.
    void refuse(CloseReason reason);

    /// Closes the connection at once.
    void end_now();

    /// If its coroutine waits in a Waiter, destroys that, and the session with it.
    void destroy_waiting() { waiter_.destroy(); }

private:
    enum class WaitsFor : std::uint8_t {
        nothing,  ///< it runs, or its messages are being displayed
        input,    ///< from the client
        budget,   ///< for what a read may bring
        output,   ///< to be taken by the client
    };

    [[nodiscard]] bool serves() const { return close_reason_ == CloseReason::none; }
    void watch_output(bool on);
    void begin_wait(WaitsFor what);
    bool prepare_to_read();
    [[nodiscard]] bool has_input() const;
    void begin_wait_for_input();
    void begin_wait_for_budget();
    void wake();

    bool note_error(int error);
    ReadBatchPool::Pointer receive();
    std::string_view read();
    [[nodiscard]] bool must_peek() const;
    void read_failed(int error);
    std::size_t decode(std::string_view bytes, ReadBatch& received);
    template <typename LineConsumer>
    std::size_t decode_to(LineConsumer& lines, std::string_view bytes);
    void consume(std::string_view seen, std::size_t taken);
    void remove_peeked(std::size_t size);
    void check_overdue(std::size_t taken, bool ended);
    Task<void> handle(ReadBatch& received);
    void answer_written(ReadBatch& received);
    bool send(Replies& replies);
    bool acknowledge(ReadBatch& received);
    Task<void> acknowledge_rest(ReadBatchPool::Pointer& received);
    [[nodiscard]] bool peer_takes_answers() const;

    Task<void> linger_and_close();
    bool drop_input();
    void send_final_reply();
    ReplyLine const* count_final_reply();
    void close();

    /// Resumes it in this round if it waited for that.
    void on_event(std::uint32_t events) override;
    void on_deadline(DeadlineKind kind) override;
    void set_close_reason_if_none(CloseReason reason);

    Loop& loop_;
    Descriptor socket_;
    CloseReason close_reason_;
    CloseReason overdue_ = CloseReason::none;  ///< which deadline has passed; the next read decides
    WaitsFor waits_for_ = WaitsFor::nothing;
    bool served_ : 1;
    bool readable_ : 1 = false;                ///< as far as is known
    bool read_until_would_block_ : 1 = false;  ///< a read that brings little can leave something
    bool sends_much_ : 1 = false;    ///< its last read brought as much as usual_read_bytes
    bool lacks_memory_ : 1 = false;  ///< the system does: what failed is to be retried
    PeerAddress peer_;
    Permit permit_;
    /// For the peer's next move: to send, take answers, or close.
    Deadline<DeadlineKind> peer_deadline_;
    std::unique_ptr<MessageDeadline> message_deadline_;
    Waiter waiter_;
    LineDecoder decoder_;
};

}  // namespace roger
