// blocking.cpp, fixed with a thread: the function that blocks is unchanged, and runs elsewhere.
#include <asio.hpp>

#include <iostream>
#include <thread>

using asio::ip::tcp;
using namespace std::literals;

// [work]
void work_on(std::string_view text) {
    std::cout << "begins: " << text << std::flush;
    if (text == "slow\n") {
        std::this_thread::sleep_for(2s);
    }
    std::cout << "done:   " << text << std::flush;
}

asio::awaitable<void> in_thread(std::string_view text) {
    work_on(text);
    co_return;
}
// [/work]

// [serve]
asio::awaitable<void> serve(tcp::socket client, asio::thread_pool& threads) try {
    for (char message[256];;) {
        std::size_t const size = co_await client.async_read_some(asio::buffer(message));
        co_await asio::co_spawn(threads, in_thread(std::string_view(message, size)));
        co_await asio::async_write(client, asio::buffer("I got your message\n"sv));
    }
} catch (asio::system_error const& error) {
    // [/serve]
    if (error.code() != asio::error::eof) {
        std::cerr << "a client: " << error.what() << '\n';
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor acceptor, asio::thread_pool& threads) {
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept();
        asio::co_spawn(acceptor.get_executor(), serve(std::move(client), threads), rethrow);
    }
}

int main(int argc, char* argv[]) try {
    asio::thread_pool threads(4);
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(std::move(acceptor), threads), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "solution_pool: " << error.what() << '\n';
    return 1;
}
