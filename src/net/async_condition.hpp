// Coroutines of one event loop that wait for something to happen.
#pragma once

#include <asio/any_completion_handler.hpp>
#include <asio/async_result.hpp>
#include <asio/deferred.hpp>
#include <asio/dispatch.hpp>

#include <utility>
#include <vector>

namespace roger {

/// Whoever waits checks its condition again when woken: being woken says that something changed,
/// not that it is true. Only for coroutines of one loop, woken from that loop: there is no lock.
///
///     while (full()) co_await condition.wait();
class AsyncCondition {
public:
    auto wait() {
        return asio::async_initiate<asio::deferred_t const, void()>(
            [this](auto handler) { handlers_.emplace_back(std::move(handler)); }, asio::deferred);
    }

    /// Resumes them, in the order in which they came, before it returns: not for a coroutine that
    /// waits there itself, or the resumed would pile up on its stack.
    void notify_all() {
        for (auto& handler : std::exchange(handlers_, {})) {
            asio::dispatch(std::move(handler));
        }
    }

    /// They never go on: for the time before what they use is gone. This may be gone with them.
    void destroy_all() { std::exchange(handlers_, {}).clear(); }

    [[nodiscard]] bool empty() const { return handlers_.empty(); }

private:
    std::vector<asio::any_completion_handler<void()>> handlers_;
};

}  // namespace roger
