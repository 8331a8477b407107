// Asio tells its services when a context ends: one of them tells us.
#include "client/context_user.hpp"

#include <mutex>

namespace roger {

/// One for each context; its users can be on several threads.
class ContextUser::Service : public asio::execution_context::service {
public:
    inline static asio::execution_context::id id;

    explicit Service(asio::execution_context& context) : service(context) {}

    void add(ContextUser& user) {
        std::lock_guard const lock(mutex_);
        user.link_before(users_);
    }

    void remove(ContextUser& user) {
        std::lock_guard const lock(mutex_);
        user.unlink();
    }

private:
    /// Runs in the context's destructor, before anything of the context is destroyed.
    void shutdown() override {
        while (users_.linked()) {
            auto& user = static_cast<ContextUser&>(*users_.next());
            user.unlink();
            user.service_ = nullptr;
            user.context_ends();
        }
    }

    std::mutex mutex_;
    ListHook users_;
};

ContextUser::ContextUser(asio::execution_context& context)
    : service_(&asio::use_service<Service>(context)) {
    service_->add(*this);
}

ContextUser::~ContextUser() {
    if (service_ != nullptr) {
        service_->remove(*this);
    }
}

}  // namespace roger
