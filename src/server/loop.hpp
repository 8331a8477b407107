// One event loop of a server, and everything that its sessions share without a lock.
#pragma once

#include "net/async_condition.hpp"
#include "net/deadlines.hpp"
#include "net/list_hook.hpp"
#include "roger/peer_address.hpp"
#include "server/server_context.hpp"
#include "server/tally.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>

namespace roger {

class Session;
enum class CloseReason : std::uint8_t;

/// Sockets that know their executor's type: no type erasure on the way of a message.
using LoopSocket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

/// What a session waits for. Each has one length in all of a server.
enum class Timer : std::uint8_t {
    idle,     ///< until the client says something
    message,  ///< until the message that it has begun ends
    write,    ///< until the client takes its answers
    linger,   ///< until the client closes its side after our final reply
};

/// Bytes of messages that wait to be displayed, bounded over all clients of a loop (promise P4).
/// A session asks for a share before it reads: what it cannot take stays with the sender.
class ByteBudget {
public:
    ByteBudget(asio::io_context& context, std::size_t most) : context_(context), most_(most) {}

    [[nodiscard]] bool full() const { return used_ >= most_; }
    /// Nothing is being handled.
    [[nodiscard]] bool empty() const { return shares_ == 0; }
    auto wait() { return condition_.wait(); }
    void take(std::size_t bytes) {
        used_ += bytes;
        ++shares_;
    }
    void give_back(std::size_t bytes) {
        used_ -= bytes;
        --shares_;
        if (!full() && !condition_.empty()) {
            asio::post(context_, [this] { condition_.notify_all(); });
        }
    }

    /// For sessions that are to end.
    void notify_all() { condition_.notify_all(); }
    void destroy_waiters() { condition_.destroy_all(); }

private:
    asio::io_context& context_;
    std::size_t most_;
    std::size_t used_ = 0;
    std::size_t shares_ = 0;
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

/// Can destroy what is pending, and with it the coroutines that await it, before it is itself
/// destroyed.
class LoopContext : public asio::io_context {
public:
    using asio::io_context::io_context;
    using asio::io_context::shutdown;
};

class Loop {
public:
    /// `session_ended` is called on this loop when a session that held a place has left;
    /// `drained` once, when draining and the last session is gone; `abandoned` on this loop before
    /// its sessions are cut off.
    struct Events {
        std::function<void()> session_ended;
        std::function<void()> drained;
        std::function<void()> abandoned;
    };

    Loop(std::size_t index, ServerContext const& server, Events events);
    ~Loop();
    Loop(Loop const&) = delete;
    Loop& operator=(Loop const&) = delete;

    [[nodiscard]] std::size_t index() const { return index_; }
    [[nodiscard]] ServerContext const& server() const { return server_; }
    [[nodiscard]] asio::io_context& context() { return context_; }

    /// Serves a client that has been given a place. From any thread.
    void serve(LoopSocket socket, PeerAddress peer);

    /// Tells a newcomer why it is not served: busy or shutting_down. On this loop, before it
    /// returns, so that newcomers that wait for that hold no descriptors.
    void turn_away(LoopSocket socket, PeerAddress peer, CloseReason why);

    /// Runs until finish() or abandon().
    void run();

    /// Lets every session finish what it has received. From any thread.
    void drain();

    /// Lets run() return: there is nothing left to do. From any thread.
    void finish();

    /// Makes run() return although sessions are left: they are cut off. From any thread.
    void abandon();

    /// Destroys all coroutines that have not ended, after run(): what they use must still be there,
    /// a handler's batch say. Returns false if a handler is left that waits elsewhere, for what
    /// another context or thread does: that has it, and this loop and all that it uses must stay.
    bool destroy_coroutines();

    // What sessions use, on this loop's thread.
    std::array<char, 64 * 1024> scratch;  ///< what one read brings, until it is taken apart
    asio::error_code ignored;             ///< for waits after which the socket itself tells more
    Tally tally;
    ByteBudget budget;
    void arm(Deadline<Timer>& deadline, Timer timer) { timer_.arm(deadline, timer); }

    void enter(Session& session, bool has_place);
    void leave(Session& session, bool has_place);

private:
    void start(LoopSocket socket, PeerAddress peer, CloseReason reason);
    void ended(std::exception_ptr const& thrown);
    void for_each_session(void (*action)(Session&));
    void check_drained();
    void abort_sessions();

    std::size_t index_;
    ServerContext const& server_;
    Events events_;
    bool draining_ = false;
    bool drained_told_ = false;
    std::atomic<bool> abandoned_ = false;

    // Sessions live in their coroutines' frames, and those in the context: what a session's
    // destructor touches must outlive the context, what needs the context comes after it.
    ListHook sessions_;
    std::size_t turned_away_ = 0;
    std::size_t freed_places_ = 0;  ///< left, and not yet told
    DeadlineQueues<Timer> deadlines_;
    LoopContext context_;
    asio::executor_work_guard<asio::io_context::executor_type> keep_running_;
    DeadlineTimer<Timer> timer_;
};

}  // namespace roger
