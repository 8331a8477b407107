// Wrong, for it leaves out who had to wait: twenty clients, each of which sends its next message
// when the last one is answered.
#include <asio.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

using asio::ip::tcp;
using namespace std::literals;

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

asio::awaitable<void> talk(tcp::endpoint server, Clock::time_point end,
                           std::vector<double>& times) {
    tcp::socket connection(co_await asio::this_coro::executor);
    co_await connection.async_connect(server);
    std::string answer;
    while (Clock::now() < end) {
        Clock::time_point const sent = Clock::now();
        co_await asio::async_write(connection, asio::buffer("hello\n"sv));
        answer.erase(
            0, co_await asio::async_read_until(connection, asio::dynamic_buffer(answer), '\n'));
        times.push_back(Milliseconds(Clock::now() - sent).count());
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

void print(char const* title, std::vector<double>& times) {
    std::sort(times.begin(), times.end());
    auto const percentile = [&times](double percent) {
        auto const rank = std::ceil(percent / 100 * static_cast<double>(times.size()));
        return times[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
    };
    std::printf("%s: %zu answers, p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", title, times.size(),
                percentile(50), percentile(99), percentile(100));
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    tcp::endpoint const server =
        *tcp::resolver(context).resolve("127.0.0.1", argc > 1 ? argv[1] : "51717").begin();
    std::vector<double> times;
    Clock::time_point const start = Clock::now();
    for (int client = 0; client < 20; ++client) {
        asio::co_spawn(context, talk(server, start + 3s, times), rethrow);
    }
    context.run();
    print("sent to answered", times);
} catch (std::exception const& error) {
    std::cerr << "closed_loop: " << error.what() << '\n';
    return 1;
}
