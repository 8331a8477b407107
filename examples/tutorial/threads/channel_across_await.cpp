// lock_across_await.cpp with a lock for coroutines: who waits for it is suspended, and blocks
// nobody.
#include <asio.hpp>
#include <asio/experimental/channel.hpp>

#include <iostream>

using namespace std::literals;

/// A channel with room for one element: who has sent it has the lock, until it takes it out again.
using Lock = asio::experimental::channel<void(std::error_code)>;

asio::awaitable<void> work(char const* name, Lock& lock) {
    co_await lock.async_send({});
    std::cout << name << " begins" << std::endl;
    co_await asio::steady_timer(co_await asio::this_coro::executor, 100ms).async_wait();
    std::cout << name << " ends" << std::endl;
    lock.try_receive([](std::error_code) {});
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main() {
    asio::io_context context;
    Lock lock(context, 1);
    asio::co_spawn(context, work("first", lock), rethrow);
    asio::co_spawn(context, work("second", lock), rethrow);
    context.run();
}
