// A Server in this process, on a thread of its own.
#pragma once

#include "roger/server.hpp"
#include "support/deadline.hpp"

#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace roger::test {

class RunningServer {
public:
    /// Without addresses it gets one: 127.0.0.1, any port. What it logs is kept.
    RunningServer(ServerOptions options, Handler handler);

    /// Ends it at once if it still runs.
    ~RunningServer();
    RunningServer(RunningServer const&) = delete;
    RunningServer& operator=(RunningServer const&) = delete;

    [[nodiscard]] Server& server() { return *server_; }
    /// Whether it still runs or not; once it has served somebody.
    void destroy() { server_.reset(); }
    [[nodiscard]] std::string address(std::size_t number = 0) const;

    /// What run() returned. Throws Failure when it has not by then.
    ServerResult result(Deadline deadline = {});
    /// stop(), and then that.
    ServerResult stop(Deadline deadline = {});

    /// Sentences of level `warning` and `error`, in order.
    [[nodiscard]] std::vector<std::string> warnings() const;
    /// Sentences of all levels.
    [[nodiscard]] std::vector<std::string> logged() const;

private:
    mutable std::mutex guard_;
    std::vector<std::string> warnings_;  ///< guarded
    std::vector<std::string> logged_;    ///< guarded
    std::unique_ptr<Server> server_;
    std::promise<ServerResult> promise_;
    std::shared_future<ServerResult> result_;
    std::thread thread_;
};

}  // namespace roger::test
