// Asks a silent client whether it is still there. What it has sent so far is forgotten.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client, std::chrono::seconds timeout) {
    auto const in_time = asio::cancel_after(timeout, asio::cancellation_type::partial);
    for (;;) {
        std::string received;
        auto const [error, size] = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', in_time(asio::as_tuple));
        std::string_view answer = "I got your message\n";
        if (error == asio::error::operation_aborted) {
            answer = "still there?\n";
        } else if (error) {
            break;
        } else {
            display(std::string_view(received).substr(0, size));
            received.erase(0, size);
        }
        co_await asio::async_write(client, asio::buffer(answer), asio::as_tuple);
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
    std::cerr << "usage: forgets [PORT [SECONDS]]\n";
    return 2;
} catch (std::exception const& error) {
    std::cerr << "forgets: " << error.what() << '\n';
    return 1;
}
