// Twenty clients with a plan: each sends a message every 4 ms, whatever the server does. Times are
// taken from the moment that was planned, and from the moment of sending.
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

struct Times {
    std::vector<double> from_sent;
    std::vector<double> from_planned;
};

asio::awaitable<void> talk(tcp::endpoint server, Clock::time_point start, Times& times) {
    tcp::socket connection(co_await asio::this_coro::executor);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    co_await connection.async_connect(server);
    std::string answer;
    for (Clock::time_point planned = start; planned < start + 3s; planned += 4ms) {
        timer.expires_at(planned);
        co_await timer.async_wait();  // at once, if it is late
        Clock::time_point const sent = Clock::now();
        co_await asio::async_write(connection, asio::buffer("hello\n"sv));
        answer.erase(
            0, co_await asio::async_read_until(connection, asio::dynamic_buffer(answer), '\n'));
        Clock::time_point const answered = Clock::now();
        times.from_sent.push_back(Milliseconds(answered - sent).count());
        times.from_planned.push_back(Milliseconds(answered - planned).count());
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
    Times times;
    Clock::time_point const start = Clock::now();
    for (int client = 0; client < 20; ++client) {
        asio::co_spawn(context, talk(server, start + client * 200us, times), rethrow);
    }
    context.run();
    print("sent to answered", times.from_sent);
    print("planned to answered", times.from_planned);
} catch (std::exception const& error) {
    std::cerr << "open_loop: " << error.what() << '\n';
    return 1;
}
