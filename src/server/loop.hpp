// One event loop of a server, and everything that its sessions share without a lock.
#pragma once

#include "net/async_condition.hpp"
#include "net/deadlines.hpp"
#include "net/list_hook.hpp"
#include "net/while_alive.hpp"
#include "roger/peer_address.hpp"
#include "server/admission.hpp"
#include "server/server_context.hpp"
#include "server/tally.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace roger {

class Session;
enum class CloseReason : std::uint8_t;

/// Sockets that know their executor's type: no type erasure on the way of a message.
using LoopSocket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

/// What a session waits for. Each has one length in all of a server.
enum class Timer : std::uint8_t {
    idle,     ///< until the client sends something
    message,  ///< until the message that it has begun ends
    write,    ///< until the client takes its answers
    linger,   ///< until the client closes its side after our final reply
};

/// Bytes of messages that wait to be displayed, bounded over all clients of a loop (promise P4).
/// A session asks for a share before it reads: what it cannot take stays with the sender.
class ByteBudget {
public:
    /// `owner` is what this is a part of.
    ByteBudget(asio::io_context& context, std::size_t most, std::weak_ptr<void> owner)
        : context_(context), most_(most), owner_(std::move(owner)) {}

    [[nodiscard]] bool full() const { return used_ >= most_; }
    auto wait() { return condition_.wait(); }
    void take(std::size_t bytes) { used_ += bytes; }
    void give_back(std::size_t bytes) {
        used_ -= bytes;
        if (!full() && !condition_.empty()) {
            asio::post(context_, while_alive(owner_, [this] { condition_.notify_all(); }));
        }
    }

    /// For sessions that are to end.
    void notify_all() { condition_.notify_all(); }
    void destroy_waiters() { condition_.destroy_all(); }

private:
    asio::io_context& context_;
    std::size_t most_;
    std::weak_ptr<void> owner_;
    std::size_t used_ = 0;
    AsyncCondition condition_;
};

/// A share of the budget, given back at the end of its scope.
class BudgetShare {
public:
    BudgetShare(ByteBudget& budget, std::size_t bytes) : budget_(budget), bytes_(bytes) {
        budget_.take(bytes_);
    }
    ~BudgetShare() { budget_.give_back(bytes_); }
    BudgetShare(BudgetShare const&) = delete;
    BudgetShare& operator=(BudgetShare const&) = delete;

private:
    ByteBudget& budget_;
    std::size_t bytes_;
};

class Loop {
public:
    struct Events {
        std::function<void()> session_ended;  ///< one that was served has left
        std::function<void()> drained;        ///< once: it drains, and the last session is gone
        std::function<void()> aborted;        ///< once: its sessions were cut off
    };

    /// The events are called on `context`, which one thread at a time runs.
    Loop(std::size_t index, asio::io_context& context, ServerContext const& server, Events events);
    ~Loop();
    Loop(Loop const&) = delete;
    Loop& operator=(Loop const&) = delete;

    [[nodiscard]] std::size_t index() const { return index_; }
    [[nodiscard]] ServerContext const& server() const { return server_; }
    [[nodiscard]] asio::io_context& context() { return context_; }

    /// Serves a client. From any thread.
    void serve(LoopSocket socket, PeerAddress peer, Permit permit);

    /// Tells a newcomer why it is not served: busy or shutting down. On this loop. Without a permit
    /// it is refused and closed before this returns.
    void turn_away(LoopSocket socket, PeerAddress peer, CloseReason why, Permit permit);

    /// Keeps the context running, clients or not, until finish() or abort(). From any thread.
    void start();

    /// Lets every session finish what it has received. From any thread.
    void drain();

    /// There is nothing left to do. From any thread.
    void finish();

    /// Closes the connections of all sessions: those that wait for the client end. Those that wait
    /// for the handler end when it returns. From any thread.
    void abort();

    // For the context's end: ShutdownHook.
    void destroy_waiters() { budget.destroy_waiters(); }
    void destroy_io();

    // What sessions use, on this loop's thread.
    std::array<char, 64 * 1024> scratch;  ///< what one read brings, until it is taken apart
    asio::error_code ignored;             ///< for waits after which the socket itself tells more
    Tally tally;
    Count owing;  ///< sessions whose clients do not take their answers just now
    ByteBudget budget;
    void arm(Deadline<Timer>& deadline, Timer timer) { timer_->arm(deadline, timer); }

    void enter(Session& session, bool served);
    void leave(Session& session, bool served);

private:
    void post(void (Loop::*action)());
    void start_session(LoopSocket socket, PeerAddress peer, CloseReason reason, Permit permit);
    void ended(std::exception_ptr const& thrown);
    void for_each_session(void (*action)(Session&));
    void drain_here();
    void finish_here();
    void abort_here();
    void check_drained();

    std::size_t index_;
    asio::io_context& context_;
    ServerContext const& server_;
    Events events_;
    bool draining_ = false;
    bool drained_told_ = false;
    bool aborted_ = false;
    bool served_one_left_ = false;  ///< and the server does not know yet
    ListHook sessions_;             ///< they live in their coroutines' frames
    DeadlineQueues<Timer> deadlines_;
    std::optional<DeadlineTimer<Timer>> timer_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> keep_running_;
};

}  // namespace roger
