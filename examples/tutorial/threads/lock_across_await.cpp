// Wrong: two coroutines on one thread, and a mutex that is held while its owner waits.
#include <asio.hpp>

#include <iostream>
#include <mutex>

using namespace std::literals;

asio::awaitable<void> work(char const* name, std::mutex& mutex) {
    std::lock_guard const lock(mutex);
    std::cout << name << " begins" << std::endl;
    co_await asio::steady_timer(co_await asio::this_coro::executor, 100ms).async_wait();
    std::cout << name << " ends" << std::endl;
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main() {
    std::mutex mutex;
    asio::io_context context;
    asio::co_spawn(context, work("first", mutex), rethrow);
    asio::co_spawn(context, work("second", mutex), rethrow);
    context.run();
}
