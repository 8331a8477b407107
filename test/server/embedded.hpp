// A server on an io_context of the caller's, which a thread runs.
#pragma once

#include "roger/server.hpp"
#include "support/deadline.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace roger::test {

/// An io_context that a thread of its own runs.
class RunningContext {
public:
    RunningContext() : guard_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    ~RunningContext() { stop(); }
    RunningContext(RunningContext const&) = delete;
    RunningContext& operator=(RunningContext const&) = delete;

    asio::io_context& context() { return context_; }

    /// From here on nothing that waits goes on.
    void stop() {
        context_.stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::thread thread_;
};

/// What serve() returns, when it does.
class Serving {
public:
    Serving(asio::io_context& context, Server& server) : result_(promise_->get_future()) {
        asio::co_spawn(context, server.serve(),
                       asio::bind_cancellation_slot(cancel_.slot(), done()));
    }

    ServerResult result() {
        if (result_.wait_for(default_deadline) != std::future_status::ready) {
            throw Failure("serve() has not returned");
        }
        return result_.get();
    }
    [[nodiscard]] bool returned() const {
        return result_.wait_for(std::chrono::milliseconds(0)) == std::future_status::ready;
    }

    /// On the context's thread.
    void cancel(asio::cancellation_type type) { cancel_.emit(type); }

private:
    std::function<void(std::exception_ptr, ServerResult)> done() {
        return [promise = promise_](std::exception_ptr const& thrown, ServerResult const& result) {
            thrown ? promise->set_exception(thrown) : promise->set_value(result);
        };
    }

    std::shared_ptr<std::promise<ServerResult>> promise_ =
        std::make_shared<std::promise<ServerResult>>();
    std::future<ServerResult> result_;
    asio::cancellation_signal cancel_;
};

inline void run_on(asio::io_context& context, std::function<void()> const& action) {
    std::promise<void> done;
    asio::post(context, [&] {
        action();
        done.set_value();
    });
    done.get_future().wait();
}

inline std::string address_of(Server const& server, std::size_t number = 0) {
    return to_string(server.addresses().at(number));
}

}  // namespace roger::test
