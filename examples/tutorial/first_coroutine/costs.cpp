// What it costs to wait: a coroutine, a timer, and another thread, each many times.
#include <asio.hpp>

#include <cstdio>

using namespace std::literals;

asio::awaitable<void> nothing() {
    co_return;
}

asio::awaitable<void> nothing_in(asio::thread_pool& threads) {
    co_await asio::co_spawn(threads, nothing());
}

asio::awaitable<void> timer_of_no_time() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 0s);
    co_await timer.async_wait();
}

template <typename Function>
asio::awaitable<void> measure(char const* what, Function function) {
    int const times = 20'000;
    auto const begin = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) {
        co_await function();
    }
    std::chrono::duration<double, std::micro> const took = std::chrono::steady_clock::now() - begin;
    std::printf("%-28s %6.2f us\n", what, took.count() / times);
}

asio::awaitable<void> measure_all(asio::thread_pool& threads) {
    auto const in_thread = [&threads] { return nothing_in(threads); };
    co_await measure("a coroutine, awaited", nothing);
    co_await measure("a timer, awaited", timer_of_no_time);
    co_await measure("another thread, and back", in_thread);
}

int main() {
    asio::thread_pool threads(1);
    asio::io_context context;
    asio::co_spawn(context, measure_all(threads), [](std::exception_ptr error) {
        if (error) {
            std::rethrow_exception(error);
        }
    });
    context.run();
}
