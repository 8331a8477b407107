// Running a load test on this thread's event loop.
#include "load/runner.hpp"

#include "load/misbehaving_clients.hpp"
#include "load/settings_text.hpp"
#include "net/signal_mask.hpp"
#include "net/spawn.hpp"
#include "net/thread.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/deferred.hpp>
#include <asio/error_code.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

namespace roger {

Runner::Runner(Target& target) : target_(target), signals_(between_tests_, SIGINT, SIGTERM) {
    signals_.async_wait([this](asio::error_code error, int) { interrupted_ = !error; });
}

Runner::~Runner() {
    block_stop_signals();
}

bool Runner::interrupted() {
    between_tests_.poll();
    return interrupted_;
}

Report Runner::run(LoadSettings const& settings, std::string const& title,
                   std::function<void(LoadRun const&, Report&)> const& after) {
    asio::io_context control(1);
    LoadRun test(control, settings, target_);
    std::optional<MisbehavingClients> misbehaving;
    if (!settings.misbehaving.empty()) {
        misbehaving.emplace(settings, target_);
    }
    Report report;
    std::exception_ptr failure;
    auto const end = [&](std::exception_ptr const& thrown) {
        failure = thrown;
        control.stop();
    };
    asio::any_io_executor const executor = control.get_executor();
    spawn(executor, obey_signals([&test] { test.interrupt(); }), end);
    spawn(executor, show(test, settings, title), end);
    spawn(executor, wait_for(test, report), end);
    control.run();
    live_line_.clear();
    if (failure) {
        std::rethrow_exception(failure);
    }
    for (auto const& [kind, count] : settings.misbehaving) {
        report.misbehaving[name_of(kind)] = count;
    }
    if (after) {
        after(test, report);
    }
    return report;
}

void Runner::run_stoppable(std::function<void(std::stop_token const&)> const& work) {
    asio::io_context control(1);
    std::stop_source stop;
    std::exception_ptr failure;
    auto const end = [&](std::exception_ptr const& thrown) {
        failure = thrown;
        control.stop();
    };
    asio::any_io_executor const executor = control.get_executor();
    spawn(executor, obey_signals([&stop] { stop.request_stop(); }), end);
    auto const start = [&] {
        SignalsBlocked const in_the_thread;
        return start_thread([&] {
            std::exception_ptr thrown;
            try {
                work(stop.get_token());
            } catch (...) {
                thrown = std::current_exception();
            }
            asio::post(control, [&end, thrown = std::move(thrown)] { end(thrown); });
        });
    };
    std::jthread const worker = start();
    control.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

asio::awaitable<void> Runner::wait_for(LoadRun& run, Report& report) {
    report = co_await run.run();
}

asio::awaitable<void> Runner::obey_signals(std::function<void()> interrupt) {
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    for (;;) {
        co_await signals.async_wait(asio::deferred);
        StopRequest const request = stop_signals_.received(Clock::now());
        if (request != StopRequest::same) {
            interrupt();
        }
        if (request == StopRequest::drain) {
            stop_signals_.draining(Clock::now());
        }
    }
}

asio::awaitable<void> Runner::show(LoadRun const& run, LoadSettings const& settings,
                                   std::string title) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        live_line_.show(title, settings, run.intervals().latest());
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::deferred);
    }
}

}  // namespace roger
