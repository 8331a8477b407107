// A server with an event loop for each thread. Each counts for itself; nothing is shared but
// standard output.
#include <asio.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <iostream>
#include <mutex>
#include <numeric>
#include <thread>

using asio::ip::tcp;
using namespace std::literals;

// How often each character has come.
using Counts = std::array<long, 256>;

Counts add(Counts counts, std::string_view record) {
    for (char const character : record) {
        ++counts[static_cast<unsigned char>(character)];
    }
    return counts;
}

// [loop]
// What one thread has for itself.
struct Loop {
    Counts counts{};
    asio::io_context context{1};  // one thread runs it
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
};
// [/loop]

void display(std::string_view record) {
    static std::mutex one_at_a_time;
    std::lock_guard const lock(one_at_a_time);
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client, Counts& counts) {
    auto const in_time = asio::cancel_after(30s, asio::as_tuple);
    std::string received;
    for (;;) {
        auto const [error, size] = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', in_time);
        if (error) {
            break;
        }
        std::string_view const record(received.data(), size);
        counts = add(counts, record);
        display(record);
        received.erase(0, size);
        auto const ack = asio::buffer("I got your message\n"sv);
        if (auto const [failed, sent] = co_await asio::async_write(client, ack, in_time); failed) {
            break;
        }
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

// Each connection goes to the next loop, for good.
asio::awaitable<void> listen(tcp::acceptor& acceptor, std::deque<Loop>& loops) {
    for (std::size_t next = 0;; ++next) {
        Loop& loop = loops[next % loops.size()];
        tcp::socket client(loop.context);
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            asio::co_spawn(loop.context, serve(std::move(client), loop.counts), rethrow);
        } else {  // one connection's, or out of descriptors: both pass
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

void run(asio::io_context& context) {
    try {
        context.run();
    } catch (std::exception const& error) {  // it must not leave a thread
        std::cerr << "loop_each: " << error.what() << '\n';
        std::_Exit(1);
    }
}

int main(int argc, char* argv[]) try {
    std::deque<Loop> loops(std::max(argc > 2 ? std::stoul(argv[2]) : 2UL, 1UL));
    asio::io_context context;
    asio::signal_set signals(context);
    signals.add(SIGINT, asio::signal_set::flags::restart);
    signals.add(SIGTERM, asio::signal_set::flags::restart);
    signals.async_wait([&context](std::error_code, int) { context.stop(); });
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(acceptor, loops), rethrow);

    // [threads]
    std::deque<std::jthread> threads;
    for (Loop& loop : loops) {
        threads.emplace_back(run, std::ref(loop.context));
    }
    run(context);
    for (Loop& loop : loops) {
        loop.context.stop();
    }
    threads.clear();  // waits for them
    long characters = 0;
    for (Loop const& loop : loops) {
        characters = std::accumulate(loop.counts.begin(), loop.counts.end(), characters);
    }
    // [/threads]
    std::cerr << "counted " << characters << " characters\n";
} catch (std::logic_error const&) {
    std::cerr << "usage: loop_each [PORT [THREADS]]\n";
    return 2;
} catch (std::exception const& error) {
    std::cerr << "loop_each: " << error.what() << '\n';
    return 1;
}
