// A client that reads what is typed, or comes from a pipe, while answers come.
#include <asio.hpp>

#include <iostream>

using asio::ip::tcp;

// [coroutines]
asio::awaitable<void> print_answers(tcp::socket& server) {
    asio::error_code error;
    for (char answer[256]; !error;) {
        std::size_t const size =
            co_await server.async_read_some(asio::buffer(answer), asio::redirect_error(error));
        std::cout << std::string_view(answer, size) << std::flush;
    }
}

asio::awaitable<void> send_input(asio::posix::stream_descriptor& input, tcp::socket& server) {
    std::string line;
    for (;;) {
        auto const [error, size] = co_await asio::async_read_until(
            input, asio::dynamic_buffer(line, 65'536), '\n', asio::as_tuple);
        if (error) {  // its end: what is left has no newline
            break;
        }
        co_await asio::async_write(server, asio::buffer(line, size));
        line.erase(0, size);
    }
    co_await asio::async_write(server, asio::buffer(line));
    server.shutdown(tcp::socket::shutdown_send);
}
// [/coroutines]

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    tcp::socket server(context);
    asio::connect(server,
                  tcp::resolver(context).resolve("127.0.0.1", argc > 1 ? argv[1] : "51717"));
    // [input]
    asio::posix::stream_descriptor input(context, ::dup(STDIN_FILENO));
    asio::co_spawn(context, print_answers(server), rethrow);
    asio::co_spawn(context, send_input(input, server), rethrow);
    context.run();
    // [/input]
} catch (std::exception const& error) {
    std::cerr << "typed: " << error.what() << '\n';
    return 1;
}
