// too_late.cpp, and the farewell is sent: the coroutine looks itself whether it is cancelled.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_partial_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    auto const state = co_await asio::this_coro::cancellation_state;
    auto const cancelled = [&] { return state.cancelled() != asio::cancellation_type::none; };
    std::string received;
    asio::error_code error;
    while (!error && !cancelled()) {
        std::size_t const size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', asio::redirect_error(error));
        if (!error) {
            display(std::string_view(received).substr(0, size));
            received.erase(0, size);
            auto const ack = asio::buffer("I got your message\n"sv);
            if (auto [failed, sent] = co_await asio::async_write(client, ack, asio::as_tuple);
                failed) {
                co_return;
            }
        }
    }
    if (cancelled()) {
        co_await asio::async_write(client, asio::buffer("error: time is over\n"sv), asio::as_tuple);
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, std::chrono::seconds timeout) {
    for (;;) {
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            asio::co_spawn(acceptor.get_executor(), serve(std::move(client)),
                           asio::cancel_after(timeout, asio::cancellation_type::partial, rethrow));
        } else {  // one connection's, or out of descriptors: both pass
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    std::chrono::seconds const timeout(argc > 2 ? std::stoi(argv[2]) : 30);
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(acceptor, timeout), rethrow);
    context.run();
} catch (std::logic_error const&) {
    std::cerr << "usage: solution_lifetime [PORT [SECONDS]]\n";
    return 2;
} catch (std::exception const& error) {
    std::cerr << "solution_lifetime: " << error.what() << '\n';
    return 1;
}
