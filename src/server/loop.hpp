// One event loop of a server, and everything that its sessions share without a lock.
#pragma once

#include "net/deadlines.hpp"
#include "net/descriptor.hpp"
#include "net/epoll_set.hpp"
#include "net/list_hook.hpp"
#include "net/waiter.hpp"
#include "roger/peer_address.hpp"
#include "roger/task.hpp"
#include "server/admission.hpp"
#include "server/close_reason.hpp"
#include "server/loop_counters.hpp"
#include "server/message_writer.hpp"
#include "server/pauses.hpp"
#include "server/read_ahead.hpp"
#include "server/read_batch_pool.hpp"
#include "server/server_context.hpp"

#include <asio/io_context.hpp>

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

/// Each has the same length for all sessions of a server.
enum class DeadlineKind : std::uint8_t {
    idle,     ///< until the client sends something
    message,  ///< until the message that it has begun ends
    write,    ///< until the client takes its answers
    linger,   ///< until the client closes its side after our final reply
    retry,    ///< until the loop retries what the system lacked memory for
};

/// Bytes of messages that wait to be handled, bounded over all clients of a loop (promise P4):
/// while it is full, nothing is received, and what comes stays with the sender.
class ByteBudget {
public:
    explicit ByteBudget(std::size_t most) : most_(most) {}

    [[nodiscard]] bool full() const { return used_ >= most_; }
    void take(std::size_t bytes) { used_ += bytes; }
    void give_back(std::size_t bytes) { used_ -= bytes; }

private:
    std::size_t most_;
    std::size_t used_ = 0;
};

class Loop final : DeadlineOwner<DeadlineKind> {
public:
    struct Callbacks {
        std::function<void()> session_ended;  ///< one that was served has left
        std::function<void()> drained;  ///< once: it is draining, and the last session is gone
        /// Once: nothing of it is pending any more, here or in the context. `server` has kept the
        /// server alive until now, and is not to be released on this thread.
        std::function<void(std::shared_ptr<void> server)> finished;
        std::function<void(std::string const& why)> client_refused;  ///< for lack of resources
    };

    /// The callbacks are called on `context`, which one thread at a time runs. Throws
    /// std::system_error if there are too few descriptors.
    Loop(std::size_t index, asio::io_context& context, ServerContext const& server,
         Callbacks callbacks);
    ~Loop() override;
    Loop(Loop const&) = delete;
    Loop& operator=(Loop const&) = delete;

    [[nodiscard]] std::size_t index() const { return index_; }
    [[nodiscard]] ServerContext const& server() const { return server_; }
    [[nodiscard]] asio::io_context& context() { return context_; }

    /// Serves a client. From any thread.
    void serve(Descriptor socket, PeerAddress peer, Permit permit);

    /// Tells a newcomer why it is not served: busy or shutting down. On this loop. Without a permit
    /// it is refused and closed before this returns.
    void turn_away(Descriptor socket, PeerAddress peer, CloseReason why, Permit permit);

    /// Starts its rounds, which keep the context running, clients or not, until finish() or
    /// end_now(). From any thread, before the first client comes.
    void start();

    /// Lets every session finish what it has received. From any thread.
    void drain();

    /// Ends its rounds, since there is nothing left to do. From any thread.
    void finish();

    /// Closes the connections of all sessions: those that wait for the client end. Those that wait
    /// for the handler end when it returns. From any thread.
    void end_now();

    // When the context shuts down: ShutdownHook.
    void destroy_waiters();
    void destroy_io();

    // What sessions use, on this loop's thread.
    std::array<char, 64 * 1024> scratch;  ///< what one read brings, until it is decoded
    ReadAhead read_ahead;                 ///< the same where more may come than is taken at once
    ReadBatchPool read_batches;
    LoopCounters counters;
    Count unsent_answers;  ///< sessions that wait for the kernel to take their answers
    ByteBudget budget;
    WaiterQueue budget_waiters;  ///< those who wait while it is full()
    Pauses retries{"cannot receive from a client or send to it"};
    void arm(Deadline<DeadlineKind>& deadline, DeadlineKind kind) { timer_->arm(deadline, kind); }
    [[nodiscard]] EpollSet& ready_set() { return *ready_set_; }
    /// To be called before it is closed; also after the loop's rounds have ended.
    void unwatch(int descriptor) {
        if (ready_set_) {
            ready_set_->remove(descriptor);
        }
    }
    /// Null if a handler of the library's user takes the messages.
    [[nodiscard]] MessageWriter* writer() const { return writer_; }

    /// Has a session that waits, or is about to, resumed in this round or in the next.
    void resume_soon(Waiter& waiter);
    /// The same after retry_pause at most, or at an earlier event.
    void resume_later(Waiter& waiter);

    /// Whether so much waits to be displayed that no session is to receive more.
    [[nodiscard]] bool full() const { return writer_ ? writer_->full() : budget.full(); }
    /// Resumes those who wait for budget, if it is no longer full().
    void resume_budget_waiters();

    void enter(Session& session, bool served);
    void leave(Session& session, bool served);
    /// To be called when a session's coroutine has ended, with what it threw.
    void ended(std::exception_ptr const& thrown);

private:
    void post(void (Loop::*action)());
    Task<void> run();
    void round();
    void wake();
    void on_deadline(DeadlineKind kind) override;
    friend class ServerKeepAlive;
    void hold_server();
    void release_server();
    void start_session(Descriptor socket, PeerAddress peer, CloseReason reason, Permit permit);
    void for_each_session(void (*action)(Session&));
    void drain_here();
    void finish_here();
    void end_now_here();
    void finished(std::exception_ptr const& thrown, std::shared_ptr<void> server);
    void check_drained();

    std::size_t index_;
    asio::io_context& context_;
    ServerContext const& server_;
    Callbacks callbacks_;
    bool draining_ = false;
    bool drained_reported_ = false;
    bool ended_now_ = false;
    bool served_session_ended_ = false;  ///< and the server has not been told yet
    ListHook sessions_;                  ///< owned by their coroutines' frames
    std::size_t holders_ = 0;
    std::shared_ptr<void> held_;  ///< the server, while there are holders
    DeadlineQueues<DeadlineKind> deadlines_;
    std::optional<DeadlineTimer<DeadlineKind>> timer_;
    std::optional<EpollSet> ready_set_;  ///< until it has finished
    MessageWriter* writer_;
    WaiterQueue ready_;  ///< to be resumed in this round or the next
    WaiterQueue later_;  ///< to be resumed at the next retry
    Deadline<DeadlineKind> retry_;
    bool in_round_ = false;
    bool finished_ = false;
};

/// Keeps the server alive for a session's coroutine, wherever that is suspended. One pointer, where
/// a std::shared_ptr would be two: each client has one.
class ServerKeepAlive {
public:
    explicit ServerKeepAlive(Loop& loop) : loop_(&loop) { loop_->hold_server(); }
    ServerKeepAlive(ServerKeepAlive&& other) noexcept
        : loop_(std::exchange(other.loop_, nullptr)) {}
    ServerKeepAlive& operator=(ServerKeepAlive&&) = delete;
    ServerKeepAlive(ServerKeepAlive const&) = delete;
    ServerKeepAlive& operator=(ServerKeepAlive const&) = delete;
    ~ServerKeepAlive() {
        if (loop_ != nullptr) {
            loop_->release_server();
        }
    }

    Loop* operator->() const { return loop_; }

private:
    Loop* loop_;
};

/// A share of a loop's budget, given back at the end of its scope.
class BudgetShare {
public:
    BudgetShare(Loop& loop, std::size_t bytes) : loop_(loop), bytes_(bytes) {
        loop_.budget.take(bytes_);
    }
    ~BudgetShare() {
        loop_.budget.give_back(bytes_);
        loop_.resume_budget_waiters();
    }
    BudgetShare(BudgetShare const&) = delete;
    BudgetShare& operator=(BudgetShare const&) = delete;

private:
    Loop& loop_;
    std::size_t bytes_;
};

}  // namespace roger
