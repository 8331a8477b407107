// Each record says whose it is: by_reference.cpp, with a name of its own for each coroutine.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client, std::string name) {
    std::string received;
    for (asio::error_code error; !error;) {
        std::size_t size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', asio::redirect_error(error));
        if (error == asio::error::eof && !received.empty()) {
            size = received.append("\n").size();  // the end of the stream ends a message as well
        } else if (error) {
            break;
        }
        display(name + ": " + received.substr(0, size));
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
    for (int number = 1;; ++number) {
        std::string const name = "client " + std::to_string(number);
        tcp::socket client = co_await acceptor.async_accept();
        asio::co_spawn(acceptor.get_executor(), serve(std::move(client), name), rethrow);
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
    std::cerr << "by_value: " << error.what() << '\n';
    return 1;
}
