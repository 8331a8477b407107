// One client after the other: the accept loop waits until a client has gone before it takes the
// next.
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
    for (asio::error_code error; !error;) {
        std::size_t size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', asio::redirect_error(error));
        if (error == asio::error::eof && !received.empty()) {
            size = received.append("\n").size();  // the end of the stream ends a message as well
        } else if (error) {
            break;
        }
        display(std::string_view(received).substr(0, size));  // returns when it is written
        received.erase(0, size);
        co_await asio::async_write(client, asio::buffer("I got your message\n"sv), asio::as_tuple);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor) {
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept();
        co_await serve(std::move(client));
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    asio::co_spawn(context, listen(acceptor), asio::detached);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "one_by_one: " << error.what() << '\n';
    return 1;
}
