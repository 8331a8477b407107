// What has to happen before an io_context is gone, whoever it belongs to.
#pragma once

#include "net/list_hook.hpp"
#include "net/listening.hpp"

#include <asio/execution_context.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <mutex>
#include <utility>

namespace roger {

/// For an object that coroutines keep, and that may so outlive the contexts that they ran in.
///
/// An io_context that is destroyed destroys the coroutines that wait for something of its own, and
/// then its services. Coroutines that wait in an object of ours are known to nobody but that; if
/// they keep it, it is a circle. And its sockets and timers must be gone before the services are.
class ShutdownHook : ListHook {
public:
    struct Callbacks {
        std::function<void()> destroy_waiters;  ///< before the context's own are destroyed
        std::function<void()> destroy_io;       ///< after that
    };

    /// Each is called at most once, by the context's destructor. Either may destroy this.
    ShutdownHook(asio::io_context& context, Callbacks callbacks)
        : service_(&asio::use_service<Service>(context)), callbacks_(std::move(callbacks)) {
        std::lock_guard const lock(service_->guard);
        link_before(service_->hooks);
    }

    ~ShutdownHook() {
        if (service_ != nullptr) {
            std::lock_guard const lock(service_->guard);
            unlink();
        }
    }
    ShutdownHook(ShutdownHook const&) = delete;
    ShutdownHook& operator=(ShutdownHook const&) = delete;

private:
    /// A context shuts its services down, and destroys them, beginning with the last that was made.
    class Service : public asio::execution_context::service {
    public:
        using key_type = Service;  // NOLINT(readability-identifier-naming): Asio looks for it
        static inline asio::execution_context::id id;

        explicit Service(asio::execution_context& context)
            : asio::execution_context::service(context) {
            // So that those of sockets and timers are older.
            auto& io = static_cast<asio::io_context&>(context);
            Acceptor const acceptor(io);
            DatagramSocket const socket(io);
            asio::steady_timer const timer(io);
        }

        ~Service() override {
            while (ShutdownHook* const hook = pop(shut_down_)) {
                hook->service_ = nullptr;
                std::exchange(hook->callbacks_.destroy_io, nullptr)();
            }
        }

        void shutdown() override {
            while (ShutdownHook* const hook = pop(hooks)) {
                hook->link_before(shut_down_);
                std::exchange(hook->callbacks_.destroy_waiters, nullptr)();
            }
        }

        Service(Service const&) = delete;
        Service& operator=(Service const&) = delete;

        std::mutex guard;
        ListHook hooks;  ///< guarded: their owners come and go on any thread

    private:
        ShutdownHook* pop(ListHook& list) {
            std::lock_guard const lock(guard);
            if (!list.linked()) {
                return nullptr;
            }
            auto& first = static_cast<ShutdownHook&>(*list.next());
            first.unlink();
            return &first;
        }

        ListHook shut_down_;  ///< guarded
    };

    Service* service_;  ///< null when its context is about to go
    Callbacks callbacks_;
};

}  // namespace roger
