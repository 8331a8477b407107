// A client that sends as fast as it can, and never reads an answer. It gives up when nothing more
// is taken for a second, says how many messages were, and stays connected.
#include <asio.hpp>

#include <iostream>

#include <unistd.h>

using asio::ip::tcp;
using namespace std::literals;

asio::awaitable<void> flood(tcp::socket& server, std::size_t count) {
    std::string message(100, 'x');
    message.back() = '\n';
    std::string messages;
    while (messages.size() < 1000 * message.size()) {
        messages += message;
    }
    std::size_t sent = 0;
    std::size_t const total = count * message.size();
    for (asio::error_code error; !error && sent < total;) {
        sent += co_await server.async_write_some(
            asio::buffer(asio::buffer(messages) + sent % messages.size(), total - sent),
            asio::cancel_after(1s, asio::redirect_error(error)));
    }
    std::cout << "sent " << sent / message.size() << " of " << count << " messages" << std::endl;
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::socket server(context);
    server.connect(*tcp::resolver(context).resolve("127.0.0.1", port).begin());
    asio::co_spawn(context, flood(server, argc > 2 ? std::stoul(argv[2]) : 100'000), rethrow);
    context.run();
    pause();  // until a signal ends it
} catch (std::exception const& error) {
    std::cerr << "flood: " << error.what() << '\n';
    return 1;
}
