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

namespace {

/// This thread's event loop for coroutines of which the first to end ends it.
class ControlLoop {
public:
    [[nodiscard]] asio::io_context& context() { return context_; }

    void spawn(asio::awaitable<void> coroutine) {
        roger::spawn(asio::any_io_executor(context_.get_executor()), std::move(coroutine),
                     [this](std::exception_ptr const& thrown) { end(thrown); });
    }

    /// With what was thrown, or null. On the loop's thread.
    void end(std::exception_ptr const& thrown) {
        failure_ = thrown;
        context_.stop();
    }

    /// Throws what it was ended with.
    void run() {
        context_.run();
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

private:
    asio::io_context context_{1};
    std::exception_ptr failure_;
};

}  // namespace

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
    ControlLoop control;
    LoadRun test(control.context(), settings, target_);
    std::optional<MisbehavingClients> misbehaving;
    if (!settings.misbehaving.empty()) {
        misbehaving.emplace(settings, target_);
    }
    Report report;
    control.spawn(obey_signals([&test] { test.interrupt(); }));
    control.spawn(show(test, settings, title));
    control.spawn(wait_for(test, report));
    control.run();
    live_line_.clear();
    for (auto const& [kind, count] : settings.misbehaving) {
        report.misbehaving[name_of(kind)] = count;
    }
    if (after) {
        after(test, report);
    }
    return report;
}

void Runner::run_stoppable(std::function<void(std::stop_token const&)> const& work) {
    ControlLoop control;
    std::stop_source stop;
    control.spawn(obey_signals([&stop] { stop.request_stop(); }));
    auto const start = [&] {
        SignalsBlocked const in_the_thread;
        return start_thread([&] {
            std::exception_ptr thrown;
            try {
                work(stop.get_token());
            } catch (...) {
                thrown = std::current_exception();
            }
            asio::post(control.context(),
                       [&control, thrown = std::move(thrown)] { control.end(thrown); });
        });
    };
    std::jthread const worker = start();
    control.run();
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
