// Whose doing an aborted operation is: its deadline's, or the caller's.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/system_error.hpp>
#include <asio/this_coro.hpp>

namespace roger {

/// An operation fails with operation_aborted at its deadline (cancel_at), and when whoever awaits
/// the coroutine cancels it. Throws that in the second case only, for the caller to know its own
/// doing.
inline asio::awaitable<void> throw_if_cancelled() {
    asio::cancellation_state const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        throw asio::system_error(asio::error::operation_aborted);
    }
}

}  // namespace roger
