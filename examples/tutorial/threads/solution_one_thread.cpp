// Two coroutines on one thread add one to a number, ten times each.
#include <asio.hpp>

#include <iostream>

asio::awaitable<void> add_and_wait(int& number) {
    for (int i = 0; i < 10; ++i) {
        ++number;
        co_await asio::post(co_await asio::this_coro::executor);
    }
}

asio::awaitable<void> wait_between(int& number) {
    for (int i = 0; i < 10; ++i) {
        int const before = number;
        co_await asio::post(co_await asio::this_coro::executor);
        number = before + 1;
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main() {
    for (auto* const add : {add_and_wait, wait_between}) {
        int number = 0;
        asio::io_context context;
        asio::co_spawn(context, add(number), rethrow);
        asio::co_spawn(context, add(number), rethrow);
        context.run();
        std::cout << number << '\n';
    }
}
