// Coroutines of one event loop that wait to be resumed by it: to wait allocates nothing.
#pragma once

#include "net/list_hook.hpp"

#include <asio/async_result.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace roger {

/// The place of one coroutine that waits, one wait after another; it can stand in one WaiterQueue.
/// Only for that loop's thread: there is no lock.
class Waiter : ListHook {
public:
    Waiter() = default;
    Waiter(Waiter const&) = delete;
    Waiter& operator=(Waiter const&) = delete;
    ~Waiter() { destroy(); }

    /// Until resume().
    [[nodiscard]] auto wait() { return Wait{this}; }

    [[nodiscard]] bool waiting() const { return handle_ != nullptr; }

    /// Goes on with the coroutine before it returns, if it waits: not for a coroutine that runs. It
    /// leaves its queue, and this may be gone afterwards.
    void resume() { finish(true); }

    /// The coroutine never goes on: its frames are destroyed, through its executor.
    void destroy() { finish(false); }

private:
    friend class WaiterQueue;

    /// An asynchronous operation as Asio has them. A coroutine's frame has room for each co_await
    /// in it, and this takes half of what the general asio::deferred would.
    struct Wait {
        template <asio::completion_token_for<void()> Token>
        auto operator()(Token token) {
            return asio::async_initiate<Token, void()>(
                [waiter = waiter](auto handler) { waiter->keep(std::move(handler)); }, token);
        }

        Waiter* waiter;
    };

    /// What Asio hands over to go on with a coroutine owns its frames, and is a pointer to them.
    template <typename Handler>
    void keep(Handler handler) {
        static_assert(sizeof(Handler) <= sizeof(storage_) && alignof(Handler) <= alignof(void*) &&
                      std::is_nothrow_move_constructible_v<Handler>);
        ::new (storage_) Handler(std::move(handler));
        handle_ = [](void* storage, bool resume) {
            auto* const kept = std::launder(static_cast<Handler*>(storage));
            Handler taken(std::move(*kept));
            std::destroy_at(kept);
            if (resume) {
                std::move(taken)();
            }
        };
    }

    void finish(bool resume) {
        unlink();
        if (auto* const handle = std::exchange(handle_, nullptr)) {
            handle(storage_, resume);
        }
    }

    void (*handle_)(void* storage, bool resume) = nullptr;
    alignas(void*) std::byte storage_[sizeof(void*)];
};

/// Whoever waits checks its condition again when resumed: that something has changed is no promise
/// that it is true.
///
///     while (full()) co_await queue.wait(waiter);
class WaiterQueue {
public:
    WaiterQueue() = default;
    WaiterQueue(WaiterQueue const&) = delete;
    WaiterQueue& operator=(WaiterQueue const&) = delete;
    ~WaiterQueue() = default;

    [[nodiscard]] bool empty() const { return !waiters_.linked(); }

    /// At the end, whatever queue it was in.
    void add(Waiter& waiter) { waiter.link_before(waiters_); }

    auto wait(Waiter& waiter) {
        add(waiter);
        return waiter.wait();
    }

    /// All of the other's, behind those that are here.
    void take(WaiterQueue& other) { waiters_.take(other.waiters_); }

    /// Goes on with those that are here now, in their order, before it returns: not for a coroutine
    /// that stands here itself. If one of them throws, those behind it are still here.
    void resume_all() {
        WaiterQueue now;
        now.take(*this);
        try {
            while (!now.empty()) {
                now.first().resume();
            }
        } catch (...) {
            now.take(*this);
            take(now);
            throw;
        }
    }

    /// They never go on.
    void destroy_all() {
        while (!empty()) {
            first().destroy();
        }
    }

private:
    Waiter& first() { return static_cast<Waiter&>(*waiters_.next()); }

    ListHook waiters_;
};

}  // namespace roger
