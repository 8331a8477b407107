// or_timer.cpp without as_tuple: a client that leaves is noticed when its time is over.
#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client, std::chrono::seconds timeout) {
    auto const token = asio::use_awaitable;
    asio::steady_timer timer(client.get_executor());
    for (std::string received;;) {
        timer.expires_after(timeout);
        auto const read = co_await (
            asio::async_read_until(client, asio::dynamic_buffer(received, 65'536), '\n', token) ||
            timer.async_wait(token));
        if (read.index() == 1) {  // the timer's result: it was first
            break;
        }
        std::size_t const size = std::get<0>(read);
        display(std::string_view(received).substr(0, size));
        received.erase(0, size);
        timer.expires_after(timeout);
        auto const ack = asio::buffer("I got your message\n"sv);
        if (auto const sent =
                co_await (asio::async_write(client, ack, token) || timer.async_wait(token));
            sent.index() == 1) {
            break;
        }
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
            asio::co_spawn(acceptor.get_executor(), serve(std::move(client), timeout), rethrow);
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
    std::cerr << "usage: or_success [PORT [SECONDS]]\n";
    return 2;
} catch (std::exception const& error) {
    std::cerr << "or_success: " << error.what() << '\n';
    return 1;
}
