// by_value.cpp with a lambda for serve(): co_spawn() gets the lambda itself, and keeps it.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
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
        // [lambda]
        auto serve = [name, client = std::move(client)]() mutable -> asio::awaitable<void> {
            std::string received;
            for (asio::error_code error; !error;) {
                std::size_t const size =
                    co_await asio::async_read_until(client, asio::dynamic_buffer(received, 65'536),
                                                    '\n', asio::redirect_error(error));
                if (!error) {
                    display(name + ": " + received.substr(0, size));
                    received.erase(0, size);
                    co_await asio::async_write(client, asio::buffer("I got your message\n"sv),
                                               asio::as_tuple);
                }
            }
        };
        asio::co_spawn(acceptor.get_executor(), std::move(serve), rethrow);  // not serve()
        // [/lambda]
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
    std::cerr << "solution_lambda: " << error.what() << '\n';
    return 1;
}
