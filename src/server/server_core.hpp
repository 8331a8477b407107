// Listeners, loops and the admission, put together: how they start, drain and end.
#pragma once

#include "net/shutdown_hook.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"
#include "server/admission.hpp"
#include "server/datagrams.hpp"
#include "server/listener.hpp"
#include "server/loop.hpp"
#include "server/pauses.hpp"
#include "server/server_context.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace roger {

/// Kept alive by its Server, and by each of its coroutines that has not ended: so a Server can be
/// destroyed at any moment. Whatever else is pending checks whether it still exists.
///
/// Its state belongs to the first loop, but for what is atomic or guarded: events of other loops
/// are posted to it.
class ServerCore : public std::enable_shared_from_this<ServerCore> {
public:
    using Contexts = std::vector<std::reference_wrapper<asio::io_context>>;

    /// Binds and listens. `owner` of the contexts, if it is not the caller, is kept as long as
    /// this.
    static std::shared_ptr<ServerCore> create(ServerOptions options, Handler handler,
                                              Contexts const& contexts,
                                              std::shared_ptr<void> owner = nullptr);

    ServerCore(ServerOptions options, Handler handler, std::shared_ptr<void> owner);
    ServerCore(ServerCore const&) = delete;
    ServerCore& operator=(ServerCore const&) = delete;
    ~ServerCore() = default;

    /// Whether nobody has called this before: a server serves once.
    [[nodiscard]] bool begin() { return !begun_.exchange(true); }

    /// Serves until it has ended; on the first loop.
    Task<ServerResult> serve();
    [[nodiscard]] asio::io_context::executor_type executor() const {
        return loops_.front()->context().get_executor();
    }

    /// Once it has ended.
    [[nodiscard]] ServerResult result() const;

    void stop();
    void end_now();

    /// Something went wrong for good: records it for the result, and drains. From any
    /// thread.
    void fail(Errc code, std::string const& what);

    [[nodiscard]] Counters counters() const;
    [[nodiscard]] std::vector<Address> const& addresses() const { return addresses_; }
    [[nodiscard]] std::size_t limit() const { return admission_->limit(); }

private:
    void open(Contexts const& contexts);
    void bind(Address const& address, std::vector<Listening>& listening,
              std::vector<BoundDatagrams>& datagrams);
    void add_loop(asio::io_context& context);
    void destroy_waiters(Loop& loop);
    void destroy_io(Loop& loop);
    void add_listener(Listening listening);
    void add_datagrams(BoundDatagrams bound);
    void start();
    void spawn_on_first_loop(Task<void> coroutine, void (ServerCore::*then)());
    void post(std::function<void(ServerCore&)> action);
    void guarded(std::function<void()> const& call);

    void client_accepted();
    void served_one();

    void begin_drain();
    Task<void> bound_drain();
    void end_drain(std::chrono::milliseconds after);
    void tell_cut_off(std::chrono::milliseconds after, std::uint64_t clients);
    void note_drain();
    void fail_for_unwritten();
    void part_drained();
    void end_now_here(ServerResult::End end);
    void loop_finished();
    void drain_listeners();
    void close_listeners();
    void ended();

    Loop& first_loop() { return *loops_.front(); }

    std::shared_ptr<void> contexts_owner_;  ///< outlives what follows
    ServerContext context_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::optional<Admission> admission_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::vector<std::unique_ptr<Datagrams>> datagrams_;
    std::vector<std::unique_ptr<ShutdownHook>> hooks_;
    std::vector<Address> addresses_;
    std::optional<asio::steady_timer> drain_timer_;
    std::optional<asio::steady_timer> end_;  ///< cancelled when the server has ended
    std::atomic<bool> begun_ = false;
    std::size_t next_loop_ = 0;
    std::size_t parts_drained_ = 0;  ///< of the loops and the datagram sockets
    std::size_t loops_finished_ = 0;
    std::uint64_t refused_before_drain_ = 0;  ///< unwritten messages that are no failure
    bool draining_ = false;
    bool ending_now_ = false;
    bool has_ended_ = false;
    ServerResult::End how_ = ServerResult::End::drained;
    Pauses accept_pauses_{"cannot accept connections"};
    Pauses receive_pauses_{"cannot receive datagrams"};
    mutable std::mutex failure_guard_;
    std::error_code failure_code_;  ///< guarded
    std::string failure_;           ///< guarded
};

}  // namespace roger
