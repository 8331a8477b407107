// closes.cpp, fixed: what the client still sends is read and thrown away, for a second at most.
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
    std::string received;
    asio::error_code error;
    for (int messages = 0; !error && messages < 10'000; ++messages) {
        std::size_t size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', asio::redirect_error(error));
        if (error == asio::error::eof && !received.empty()) {
            size = received.append("\n").size();
        } else if (error) {
            break;
        }
        display(std::string_view(received).substr(0, size));
        received.erase(0, size);
        co_await asio::async_write(client, asio::buffer("I got your message\n"sv), asio::as_tuple);
    }
    // [fix]
    client.shutdown(tcp::socket::shutdown_send, error);
    auto const for_a_second = asio::cancel_at(std::chrono::steady_clock::now() + 1s);
    for (char ignored[4096]; !error;) {
        co_await client.async_read_some(asio::buffer(ignored),
                                        for_a_second(asio::redirect_error(error)));
    }
    // [/fix]
    client.close();
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
    std::cerr << "lingers: " << error.what() << '\n';
    return 1;
}
