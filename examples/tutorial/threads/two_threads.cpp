// Wrong: one_loop.cpp with two threads, and nothing else.
#include <asio.hpp>

#include <array>
#include <csignal>
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

asio::awaitable<void> listen(tcp::acceptor& acceptor, Counts& counts) {
    for (;;) {
        // [strand]
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            asio::co_spawn(acceptor.get_executor(), serve(std::move(client), counts), rethrow);
            // [/strand]
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
        std::cerr << "two_threads: " << error.what() << '\n';
        std::_Exit(1);
    }
}

int main(int argc, char* argv[]) try {
    Counts counts{};
    asio::io_context context;
    asio::signal_set signals(context);
    signals.add(SIGINT, asio::signal_set::flags::restart);
    signals.add(SIGTERM, asio::signal_set::flags::restart);
    signals.async_wait([&context](std::error_code, int) { context.stop(); });
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(acceptor, counts), rethrow);
    // [threads]
    std::jthread other(run, std::ref(context));
    run(context);
    other.join();
    // [/threads]
    std::cerr << "counted " << std::accumulate(counts.begin(), counts.end(), 0L) << " characters\n";
} catch (std::exception const& error) {
    std::cerr << "two_threads: " << error.what() << '\n';
    return 1;
}
