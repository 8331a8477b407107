// The one way to start a coroutine that nobody awaits: its exception is always reported (promise
// P9).
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>

#include <exception>
#include <string>
#include <utility>

namespace roger {

/// `ended` is called with what the coroutine threw, or with null, when it has ended and its frame
/// is gone. It is not called when the executor's context is destroyed first.
template <typename Executor, typename Ended>
void spawn(Executor const& executor, asio::awaitable<void, Executor> coroutine, Ended ended) {
    asio::co_spawn(
        executor, std::move(coroutine),
        [ended = std::move(ended)](std::exception_ptr thrown) mutable { ended(thrown); });
}

/// The sentence of an exception.
inline std::string describe(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (std::exception const& error) {
        std::string const sentence = error.what();
        return sentence.empty() ? "an exception without a message" : sentence;
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace roger
