// What is pending must not touch an object that is gone by then.
#pragma once

#include <memory>
#include <utility>

namespace roger {

/// Calls `function` only if `owner`, of which that uses something, is still there, and keeps it
/// until it returns. For handlers that are not to keep it alive while they wait.
template <typename Function>
auto while_alive(std::weak_ptr<void> owner, Function function) {
    return [owner = std::move(owner),
            function = std::move(function)](auto const&... arguments) mutable {
        if (auto const alive = owner.lock()) {
            function(arguments...);
        }
    };
}

}  // namespace roger
