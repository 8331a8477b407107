// What a program does with messages, and how it refuses them.
#pragma once

#include "roger/batch.hpp"
#include "roger/task.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/deferred.hpp>
#include <asio/this_coro.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace roger {

/// A handler throws it to refuse a batch: every message of it that was not refused by itself
/// (Batch::refuse) is answered `error: ` and the text. The server goes on.
///
/// Control characters and invalid UTF-8 are escaped, and only the first 1,000 bytes are sent:
/// docs/protocol.md.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A handler throws it when it cannot go on: the first `displayed` messages of the batch are
/// acknowledged, the others answered `error: cannot display`, and the server drains and ends with
/// `reason` as ServerResult::failure, handler_failed as its code. Any other exception but Refused
/// does the same with `displayed` 0.
struct HandlerError : std::runtime_error {
    HandlerError(std::string const& reason, std::size_t first_displayed)
        : std::runtime_error(reason), displayed(first_displayed) {}
    std::size_t displayed;
};

/// A coroutine that takes a batch: its return acknowledges every message of it that it has not
/// refused (Batch::refuse); what its exceptions do is documented at Refused and HandlerError.
///
/// Called for many clients at once, for one client never before the last call has returned. Runs on
/// the client's event loop, so that it must not block; it may suspend for as long as it likes, and
/// its client's next messages wait meanwhile. What it awaits may belong to another io_context or
/// thread; wherever it ends, its client is answered on the client's loop. With several event loops
/// one handler is called from several threads at once: what it shares needs a lock, or is kept by
/// Batch::loop().
///
///     asio::awaitable<void> keep(roger::Batch const& batch);         // the common type
///     roger::Task<void> keep(roger::Batch const& batch);             // saves a coroutine a batch
///     [&](roger::Batch const& batch) -> roger::Task<void> { ... }    // the server keeps it
class Handler {
public:
    template <typename Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, Handler> &&
                 std::is_invocable_r_v<Task<void>, Function&, Batch const&>)
    Handler(Function function)  // NOLINT(google-explicit-constructor)
        : function_(std::move(function)) {}

    template <typename Function>
        requires std::is_invocable_r_v<asio::awaitable<void>, Function&, Batch const&>
    Handler(Function function)  // NOLINT(google-explicit-constructor)
        : function_(adapt(Awaitable(std::move(function)))) {}

    Task<void> operator()(Batch const& batch) const { return function_(batch); }

    /// What it was made of, if that is a `Function` that returns a Task; else null.
    template <typename Function>
    [[nodiscard]] Function const* target() const {
        return function_.template target<Function>();
    }

    /// Not made of an empty std::function.
    explicit operator bool() const { return static_cast<bool>(function_); }

private:
    using Awaitable = std::function<asio::awaitable<void>(Batch const&)>;
    using Native = std::function<Task<void>(Batch const&)>;

    static Native adapt(Awaitable function) {
        if (!function) {
            return nullptr;
        }
        return [function = std::move(function)](Batch const& batch) {
            return run_awaitable(function, batch);
        };
    }
    static Task<void> run_awaitable(Awaitable const& function, Batch const& batch) {
        asio::any_io_executor const executor = co_await asio::this_coro::executor;
        co_await asio::co_spawn(executor, function(batch), asio::deferred);
    }

    Native function_;
};

}  // namespace roger
