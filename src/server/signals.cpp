// The signal loop.
#include "roger/signals.hpp"

#include "net/signal_mask.hpp"
#include "net/spawn.hpp"
#include "net/stop_signals.hpp"
#include "net/thread.hpp"
#include "roger/task.hpp"

#include <asio/deferred.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <thread>
#include <utility>

namespace roger {

class Signals::Implementation {
public:
    Implementation(Server& server, SignalHooks hooks)
        : server_(server),
          hooks_(std::move(hooks)),
          context_(1),
          signals_(context_, SIGINT, SIGTERM) {
        if (hooks_.on_user_signal) {
            signals_.add(SIGUSR1);
        }
        spawn(context_.get_executor(), obey(), [this](std::exception_ptr const& thrown) {
            if (thrown) {
                server_.fail(describe(thrown));
            }
        });
        thread_ = start_thread([this] { run(); });
    }
    ~Implementation() { context_.stop(); }
    Implementation(Implementation const&) = delete;
    Implementation& operator=(Implementation const&) = delete;

private:
    void run();
    Task<void> obey();
    void obey_stop(StopRequest request);
    void end_now();

    Server& server_;
    SignalHooks hooks_;
    asio::io_context context_;
    asio::signal_set signals_;
    std::jthread thread_;
};

void Signals::Implementation::run() {
    change_signal_mask(SIG_UNBLOCK, {SIGINT, SIGTERM});
    if (hooks_.on_user_signal) {
        change_signal_mask(SIG_UNBLOCK, {SIGUSR1});
    }
    context_.run();
}

Task<void> Signals::Implementation::obey() {
    for (StopSignals stop_signals;;) {
        int const signal = co_await signals_.async_wait(asio::deferred);
        bool const stops = signal != SIGUSR1;
        auto const request = stops ? stop_signals.received(Clock::now()) : StopRequest::same;
        try {
            stops ? obey_stop(request) : hooks_.on_user_signal();
        } catch (...) {  // of a hook: the next signal is heard all the same
            server_.fail(describe(std::current_exception()));
        }
        if (request == StopRequest::drain) {
            stop_signals.draining(Clock::now());
        }
    }
}

void Signals::Implementation::obey_stop(StopRequest request) {
    switch (request) {
        case StopRequest::drain:
            // First: an idle server can have ended before stop() returns.
            if (hooks_.on_stop) {
                hooks_.on_stop();
            }
            server_.stop();
            break;
        case StopRequest::same:
            break;
        case StopRequest::end_now:
            end_now();
            break;
    }
}

void Signals::Implementation::end_now() {
    try {
        hooks_.on_second_stop ? hooks_.on_second_stop() : server_.end_now();
    } catch (...) {
        server_.end_now();
        throw;
    }
}

Signals::Signals(Server& server, SignalHooks hooks)
    : implementation_(std::make_unique<Implementation>(server, std::move(hooks))) {}

Signals::~Signals() = default;

}  // namespace roger
