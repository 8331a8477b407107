// Two threads run one loop. Which of them resumes a coroutine?
#include <asio.hpp>

#include <iostream>
#include <thread>

using namespace std::literals;

asio::awaitable<void> hop() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    int hops = 0;
    for (int wait = 0; wait < 1000; ++wait) {
        std::thread::id const before = std::this_thread::get_id();
        timer.expires_after(100us);
        co_await timer.async_wait();
        if (std::this_thread::get_id() != before) {
            ++hops;
        }
    }
    std::cout << "resumed 1000 times, by the other thread " << hops << " times\n";
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, hop(), rethrow);
    std::jthread const other([&context] { context.run(); });
    context.run();
}
