// finish.cpp, which lets its clients read the last answers before it closes.
#include <asio.hpp>

#include <array>
#include <csignal>
#include <iostream>
#include <list>

using asio::ip::tcp;
using namespace std::literals;

// [drain]
/// Stops reading, and nothing else. A signal reaches one operation, so each connection has its own.
struct Drain {
    bool begun = false;
    std::list<asio::cancellation_signal> reads;
};
// [/drain]

/// Takes `delay` until it knows that the record is written, as a slow disk does.
asio::awaitable<void> display(std::string_view record, std::chrono::milliseconds delay) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
    asio::steady_timer timer(co_await asio::this_coro::executor, delay);
    co_await timer.async_wait();
}

/// Says that nothing more will come, and discards what the client still sends, until it closes.
asio::awaitable<void> lingering_close(tcp::socket& client) {
    asio::error_code error;
    client.shutdown(tcp::socket::shutdown_send, error);
    auto const end = std::chrono::steady_clock::now() + 1s;
    for (std::array<char, 4096> discarded; !error;) {
        co_await client.async_read_some(asio::buffer(discarded),
                                        asio::cancel_at(end, asio::redirect_error(error)));
    }
}

asio::awaitable<void> serve(tcp::socket client, std::chrono::milliseconds delay, Drain const& drain,
                            asio::cancellation_slot stop) {
    std::string received;
    asio::error_code error;
    while (!error && (!drain.begun || received.find('\n') != std::string::npos)) {
        std::size_t const size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n',
            asio::bind_cancellation_slot(stop, asio::redirect_error(error)));
        if (!error) {
            co_await display(std::string_view(received).substr(0, size), delay);
            received.erase(0, size);
            co_await asio::async_write(client, asio::buffer("I got your message\n"sv),
                                       asio::redirect_error(error));
        }
    }
    co_await lingering_close(client);
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, std::chrono::milliseconds delay,
                             Drain& drain) {
    while (acceptor.is_open()) {
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            // [spawn]
            auto const stop = drain.reads.emplace(drain.reads.end());
            asio::co_spawn(acceptor.get_executor(),
                           serve(std::move(client), delay, drain, stop->slot()),
                           [&drain, stop](std::exception_ptr failure) {
                               drain.reads.erase(stop);
                               rethrow(failure);
                           });
            // [/spawn]
        } else if (acceptor.is_open()) {  // one connection's, or out of descriptors: both pass
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

int main(int argc, char* argv[]) try {
    Drain drain;
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    std::chrono::milliseconds const delay(argc > 2 ? std::stoi(argv[2]) : 0);
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    // [signals]
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](asio::error_code, int) {
        drain.begun = true;
        acceptor.close();
        for (asio::cancellation_signal& read : drain.reads) {
            read.emit(asio::cancellation_type::partial);
        }
    });
    // [/signals]
    asio::co_spawn(context, listen(acceptor, delay, drain), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "lingering: " << error.what() << '\n';
    return 1;
}
