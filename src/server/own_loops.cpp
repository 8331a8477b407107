// Threads for event loops.
#include "server/own_loops.hpp"

#include "net/clock.hpp"
#include "net/spawn.hpp"
#include "net/thread.hpp"
#include "roger/error.hpp"
#include "server/server_core.hpp"

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace roger {

namespace {

/// Once the server has ended, for the sessions that can still finish by themselves.
constexpr std::chrono::milliseconds wind_down_time{100};

/// What the program's own work on an event loop throws is the server's failure.
template <typename Run>
std::size_t fail_on_throw(ServerCore& core, Run const& run) {
    try {
        return run();
    } catch (...) {
        core.fail(Errc::server_failed, describe(std::current_exception()));
        return 1;
    }
}

}  // namespace

OwnLoops::OwnLoops(std::size_t count) {
    for (std::size_t index = 0; index != count; ++index) {
        contexts_.push_back(std::make_unique<Context>());
    }
}

std::vector<std::reference_wrapper<asio::io_context>> OwnLoops::contexts() const {
    std::vector<std::reference_wrapper<asio::io_context>> references;
    references.reserve(contexts_.size());
    for (auto const& context : contexts_) {
        references.emplace_back(*context);
    }
    return references;
}

ServerResult OwnLoops::run(ServerCore& core) {
    std::lock_guard const lock(under_way_);
    std::exception_ptr failure;
    {
        std::vector<std::jthread> const threads = start_threads(core);
        asio::co_spawn(*contexts_.front(), core.serve(),
                       [&](std::exception_ptr const& thrown, ServerResult const&) {
                           failure = thrown;
                           stop();
                       });
        run_loop(*contexts_.front(), core);
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    return core.result();
}

void OwnLoops::wait_for_run() {
    for (auto const& context : contexts_) {
        if (context->get_executor().running_in_this_thread()) {
            throw std::logic_error(
                "a server with event loops of its own is being destroyed by one of them, for which "
                "its run() waits: destroy it elsewhere");
        }
    }
    std::lock_guard const lock(under_way_);
}

std::vector<std::jthread> OwnLoops::start_threads(ServerCore& core) {
    std::vector<std::jthread> threads;
    try {
        for (std::size_t index = 1; index != contexts_.size(); ++index) {
            threads.push_back(
                start_thread([&context = *contexts_[index], &core] { run_loop(context, core); }));
        }
    } catch (Error const& refused) {
        stop();
        throw Error(Errc::no_thread,
                    fmt::format("threads: only {} of {} event loops could be started: {}",
                                threads.size() + 1, contexts_.size(), refused.what()),
                    refused.cause());
    } catch (...) {
        stop();
        throw;
    }
    return threads;
}

void OwnLoops::run_loop(asio::io_context& context, ServerCore& core) {
    auto const keep_running = asio::make_work_guard(context);
    while (!context.stopped()) {
        fail_on_throw(core, [&] { return context.run(); });
    }
    // Bounded, since messages that wait to be displayed would go on for as long as the output takes
    // them.
    context.restart();
    for (auto const end = Clock::now() + wind_down_time;
         Clock::now() < end && fail_on_throw(core, [&] { return context.poll_one(); }) != 0;) {
    }
}

void OwnLoops::stop() {
    for (auto const& context : contexts_) {
        context->stop();
    }
}

void OwnLoops::shutdown() {
    for (auto const& context : contexts_) {
        context->shutdown();
    }
}

}  // namespace roger
