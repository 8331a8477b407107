// WRONG: at SIGINT and SIGTERM it stops the event loop, in the midst of what its clients have sent.
#include <asio.hpp>

#include <csignal>
#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

/// Takes `delay` until it knows that the record is written, as a slow disk does.
asio::awaitable<void> display(std::string_view record, std::chrono::milliseconds delay) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
    asio::steady_timer timer(co_await asio::this_coro::executor, delay);
    co_await timer.async_wait();
}

asio::awaitable<void> serve(tcp::socket client, std::chrono::milliseconds delay) {
    std::string received;
    for (asio::error_code error; !error;) {
        std::size_t const size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', asio::redirect_error(error));
        if (!error) {
            co_await display(std::string_view(received).substr(0, size), delay);
            received.erase(0, size);
            co_await asio::async_write(client, asio::buffer("I got your message\n"sv),
                                       asio::redirect_error(error));
        }
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, std::chrono::milliseconds delay) {
    for (;;) {
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            asio::co_spawn(acceptor.get_executor(), serve(std::move(client), delay), rethrow);
        } else {  // one connection's, or out of descriptors: both pass
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    // [signals]
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&context](asio::error_code, int) { context.stop(); });
    // [/signals]
    char const* const port = argc > 1 ? argv[1] : "51717";
    std::chrono::milliseconds const delay(argc > 2 ? std::stoi(argv[2]) : 0);
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(acceptor, delay), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "stop: " << error.what() << '\n';
    return 1;
}
