// Load tests, one after the other, with what surrounds each: misbehaving clients, the live line,
// and the user's Ctrl-C.
#pragma once

#include "load/live_line.hpp"
#include "load/run.hpp"
#include "load/settings.hpp"
#include "load/target.hpp"
#include "net/stop_signals.hpp"
#include "report/report.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <functional>
#include <stop_token>
#include <string>

namespace roger {

class Runner {
public:
    explicit Runner(Target& target);
    ~Runner();
    Runner(Runner const&) = delete;
    Runner& operator=(Runner const&) = delete;

    /// Runs a load test to its end. `title` goes before the live line. `after`, if given, is called
    /// while what the test found is still there in full.
    Report run(LoadSettings const& settings, std::string const& title = "",
               std::function<void(LoadRun const&, Report&)> const& after = {});

    /// Does what takes its time when a test is over, on a thread of its own. The user's next signal
    /// requests its stop. Throws what `work` throws, or Error, Errc::no_thread.
    void run_stoppable(std::function<void(std::stop_token const&)> const& work);

    /// The user has interrupted: the test that was under way, if any, has ended early.
    [[nodiscard]] bool interrupted();

private:
    static asio::awaitable<void> wait_for(LoadRun& run, Report& report);
    /// Calls `interrupt` for each that is not the same once more.
    asio::awaitable<void> obey_signals(std::function<void()> interrupt);
    asio::awaitable<void> show(LoadRun const& run, LoadSettings const& settings, std::string title);

    Target& target_;
    asio::io_context between_tests_{1};
    asio::signal_set signals_;  ///< also notes what comes between tests
    bool interrupted_ = false;
    StopSignals stop_signals_;  ///< what was heard during tests
    LiveLine live_line_;
};

}  // namespace roger
