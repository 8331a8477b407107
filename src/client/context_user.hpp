// Objects that may outlive the execution context of what they hold.
#pragma once

#include "net/list_hook.hpp"

#include <asio/execution_context.hpp>

namespace roger {

/// Sockets and timers must be gone before their context is. Who holds some derives from this, and
/// is told when the context ends first.
class ContextUser : ListHook {
public:
    explicit ContextUser(asio::execution_context& context);
    virtual ~ContextUser();
    ContextUser(ContextUser const&) = delete;
    ContextUser& operator=(ContextUser const&) = delete;

protected:
    /// Lets go of all that is of the context. What is suspended there is destroyed next.
    virtual void context_ends() = 0;

private:
    class Service;
    Service* service_;  ///< null: the context has ended
};

}  // namespace roger
