// blocking.cpp, fixed: the coroutine waits two seconds, and the others go on.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

asio::awaitable<void> serve(tcp::socket client) try {
    for (char message[256];;) {
        std::size_t const size = co_await client.async_read_some(asio::buffer(message));
        std::string_view const text(message, size);
        // [work]
        std::cout << "begins: " << text << std::flush;
        if (text == "slow\n") {
            asio::steady_timer timer(client.get_executor(), 2s);
            co_await timer.async_wait();
        }
        std::cout << "done:   " << text << std::flush;
        // [/work]
        co_await asio::async_write(client, asio::buffer("I got your message\n"sv));
    }
} catch (asio::system_error const& error) {
    if (error.code() != asio::error::eof) {  // eof: the client has ended, which is as it should be
        std::cerr << "a client: " << error.what() << '\n';
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor acceptor) {
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept();
        asio::co_spawn(acceptor.get_executor(), serve(std::move(client)), rethrow);
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(std::move(acceptor)), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "waiting: " << error.what() << '\n';
    return 1;
}
