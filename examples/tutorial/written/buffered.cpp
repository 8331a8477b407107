// ack.cpp without std::flush: the record is displayed, but only into the program's own buffer.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client) {
    std::string received;
    for (asio::error_code error; !error;) {
        std::size_t size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', asio::redirect_error(error));
        if (error == asio::error::eof && !received.empty()) {
            size = received.append("\n").size();  // the end of the stream ends a message as well
        } else if (error) {
            break;
        }
        display(std::string_view(received).substr(0, size));
        received.erase(0, size);
        co_await asio::async_write(client, asio::buffer("I got your message\n"sv), asio::as_tuple);
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor) {
    for (;;) {
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            asio::co_spawn(acceptor.get_executor(), serve(std::move(client)), rethrow);
        } else {  // one connection's, or out of descriptors: both pass
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(acceptor), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "buffered: " << error.what() << '\n';
    return 1;
}
