// The signal loop.
#include "server/signals.hpp"

#include "net/spawn.hpp"
#include "net/stop_signals.hpp"
#include "net/thread.hpp"

#include <asio/deferred.hpp>
#include <asio/redirect_error.hpp>

#include <csignal>
#include <utility>

namespace roger {

Signals::Signals(Server& server, Announce announce, std::function<void()> end_now)
    : server_(server),
      announce_(std::move(announce)),
      end_now_(std::move(end_now)),
      context_(1),
      signals_(context_, SIGINT, SIGTERM, SIGUSR1) {
    spawn(context_.get_executor(), obey(), [this](std::exception_ptr const& thrown) {
        if (thrown) {
            announce_(describe(thrown));
            server_.stop();
        }
    });
    thread_ = start_thread([this] { context_.run(); });
}

Signals::~Signals() {
    context_.stop();
}

Task<void> Signals::obey() {
    for (StopSignals stop_signals;;) {
        int const signal = co_await signals_.async_wait(asio::deferred);
        if (signal == SIGUSR1) {
            announce_(to_string(server_.counters()));
            continue;
        }
        switch (stop_signals.received(Clock::now())) {
            case StopRequest::drain:
                server_.stop();
                break;
            case StopRequest::same:
                break;
            case StopRequest::end_now:
                end_now_();
                break;
        }
    }
}

}  // namespace roger
