// What has to happen before an execution context is gone, whoever it belongs to.
#pragma once

#include "net/list_hook.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/generic/datagram_protocol.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <mutex>
#include <utility>

namespace roger {

/// For an object that coroutines keep, and that may so outlive the contexts that they ran in.
///
/// A context that is destroyed destroys the coroutines that wait for something of its own, and
/// then its services. Coroutines that wait in an object of ours are known to nobody but that; if
/// they keep it, it is a circle. And its sockets and timers must be gone before the services are.
class ShutdownHook : ListHook {
public:
    struct Callbacks {
        std::function<void()> before_coroutines = [] {};  ///< before the context destroys its own
        std::function<void()> after_coroutines = [] {};   ///< before its services go
    };

    /// Each is called at most once, by the context's destructor. Either may destroy this.
    ShutdownHook(asio::any_io_executor const& executor, Callbacks callbacks)
        : service_(&service_of(executor)), callbacks_(std::move(callbacks)) {
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
            : asio::execution_context::service(context) {}

        ~Service() override {
            while (ShutdownHook* const hook = pop(shut_down_)) {
                hook->service_ = nullptr;
                std::exchange(hook->callbacks_.after_coroutines, nullptr)();
            }
        }

        void shutdown() override {
            while (ShutdownHook* const hook = pop(hooks)) {
                hook->link_before(shut_down_);
                std::exchange(hook->callbacks_.before_coroutines, nullptr)();
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

    static Service& service_of(asio::any_io_executor const& executor) {
        // So that the services of sockets, timers and descriptors are older.
        asio::generic::stream_protocol::socket const stream(executor);
        asio::generic::datagram_protocol::socket const datagrams(executor);
        asio::steady_timer const timer(executor);
        asio::posix::stream_descriptor const descriptor(executor);
        return asio::use_service<Service>(executor.context());
    }

    Service* service_;  ///< null when its context is about to go
    Callbacks callbacks_;
};

}  // namespace roger
