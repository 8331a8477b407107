// What the operator says to a running server: stop, stop now, tell the counters.
#pragma once

#include "roger/server.hpp"
#include "roger/task.hpp"

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace roger {

/// On a thread of its own, so that it is heard whatever the server's loops are busy with. The
/// first SIGINT or SIGTERM drains, a second one ends at once; SIGUSR1 announces the counters. When
/// it is destroyed, each does what it does by default: signal(7).
class Signals {
public:
    using Announce = std::function<void(std::string_view)>;

    /// `end_now` is what a second signal calls, on this thread: Server::end_now(), and what the
    /// program does after it.
    Signals(Server& server, Announce announce, std::function<void()> end_now);
    ~Signals();
    Signals(Signals const&) = delete;
    Signals& operator=(Signals const&) = delete;

private:
    Task<void> obey();

    Server& server_;
    Announce announce_;
    std::function<void()> end_now_;
    asio::io_context context_;
    asio::signal_set signals_;
    std::jthread thread_;
};

}  // namespace roger
