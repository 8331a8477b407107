// The coroutines of a server's event loop.
#pragma once

#include "roger/asio_version.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

namespace roger {

/// A coroutine that runs on an io_context and knows it by its type. The common
/// asio::awaitable<T> knows it through asio::any_io_executor, which costs a client some 200 bytes
/// and every wait an indirection (docs/architecture.md has the figures).
template <typename T>
using Task = asio::awaitable<T, asio::io_context::executor_type>;

}  // namespace roger
