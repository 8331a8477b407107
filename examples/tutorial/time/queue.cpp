// deadline.cpp with one queue of deadlines and one timer for all connections.
#include "deadlines.hpp"

#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client, Deadlines& deadlines) {
    Deadline deadline(deadlines, client);
    std::string received;
    for (asio::error_code error; !error;) {
        deadline.arm();
        std::size_t size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', asio::redirect_error(error));
        if (error == asio::error::eof && !received.empty()) {
            size = received.append("\n").size();  // the end of the stream ends a message as well
        } else if (error) {
            break;
        }
        display(std::string_view(received).substr(0, size));  // returns when it is written
        received.erase(0, size);
        deadline.arm();
        auto const ack = asio::buffer("I got your message\n"sv);
        if (auto [failed, sent] = co_await asio::async_write(client, ack, asio::as_tuple); failed) {
            break;
        }
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, Deadlines& deadlines) {
    for (;;) {
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            asio::co_spawn(acceptor.get_executor(), serve(std::move(client), deadlines), rethrow);
        } else {  // one connection's, or out of descriptors: both pass
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

int main(int argc, char* argv[]) try {
    Deadlines deadlines{std::chrono::seconds(argc > 2 ? std::stoi(argv[2]) : 30), {}};
    asio::io_context context;  // after what its coroutines refer to: it destroys them
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, watch(deadlines), rethrow);
    asio::co_spawn(context, listen(acceptor, deadlines), rethrow);
    context.run();
} catch (std::logic_error const&) {
    std::cerr << "usage: queue [PORT [SECONDS]]\n";
    return 2;
} catch (std::exception const& error) {
    std::cerr << "queue: " << error.what() << '\n';
    return 1;
}
