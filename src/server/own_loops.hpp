// The event loops of a server that brings its own, and the threads that run them.
#pragma once

#include "roger/server.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace roger {

class ServerCore;

class OwnLoops {
public:
    explicit OwnLoops(std::size_t count);

    [[nodiscard]] std::vector<std::reference_wrapper<asio::io_context>> contexts() const;

    /// Serves until the server has ended, on this thread and one for each loop but the first.
    /// Throws Error if the system does not allow so many threads.
    ServerResult run(ServerCore& core);

    /// Until no run() is under way; it does not end it. Throws std::logic_error on one of the
    /// threads that run() would wait for.
    void wait_for_run();

    /// Destroys what waits in the contexts. They themselves stay.
    void shutdown();

private:
    /// Whose pending operations, and the coroutines that await them, can be destroyed before it is.
    struct Context : asio::io_context {
        Context() : asio::io_context(1) {}
        using asio::io_context::shutdown;
    };

    std::vector<std::jthread> start_threads(ServerCore& core);
    static void run_loop(asio::io_context& context, ServerCore& core);
    void stop();

    std::vector<std::unique_ptr<Context>> contexts_;
    std::mutex under_way_;  ///< held by run()
};

}  // namespace roger
