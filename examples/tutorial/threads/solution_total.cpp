// Asks loops that go on for what only they may read.
#include <asio.hpp>

#include <deque>
#include <iostream>
#include <thread>

struct Loop {
    long count = 0;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
};

asio::awaitable<long> count_of(Loop& loop) {
    co_return loop.count;
}

// Runs in one loop, and asks them all.
asio::awaitable<void> print_total(std::deque<Loop>& loops) {
    long total = 0;
    for (Loop& loop : loops) {
        total += co_await asio::co_spawn(loop.context, count_of(loop));
    }
    std::cout << "total: " << total << '\n';
}

int main() {
    std::deque<Loop> loops(2);
    std::deque<std::jthread> threads;
    for (Loop& loop : loops) {
        for (int event = 0; event < 100'000; ++event) {
            asio::post(loop.context, [&loop] { ++loop.count; });
        }
        threads.emplace_back([&loop] { loop.context.run(); });
    }
    asio::co_spawn(loops.front().context, print_total(loops), asio::use_future).get();
    for (Loop& loop : loops) {
        loop.guard.reset();
    }
}
