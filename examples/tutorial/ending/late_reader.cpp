// A client that sends many messages at once. Its answers it reads when it is told to, by SIGUSR1,
// and before that it sends one message more.
#include <asio.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

asio::awaitable<void> converse(tcp::socket server, std::size_t count, std::size_t more) {
    std::string messages;
    for (std::size_t number = 1; number <= count; ++number) {
        messages += std::to_string(number) + '\n';
    }
    asio::signal_set told(server.get_executor(), SIGUSR1);
    co_await asio::async_write(server, asio::buffer(messages));
    std::cout << "sent " << count << " messages" << std::endl;
    co_await told.async_wait();

    asio::error_code error;
    std::string const rest(more, '\n');
    co_await asio::async_write(server, asio::buffer(rest), asio::redirect_error(error));
    std::string answers;
    co_await asio::async_read(server, asio::dynamic_buffer(answers), asio::redirect_error(error));
    std::cout << "received " << std::count(answers.begin(), answers.end(), '\n')
              << " answers, then: " << error.message() << std::endl;
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    std::size_t const count = argc > 2 ? std::stoul(argv[2]) : 1000;
    std::size_t const more = argc > 3 ? std::stoul(argv[3]) : 1;
    tcp::socket server(context, tcp::v4());
    server.set_option(tcp::socket::receive_buffer_size(1024));  // the answers do not fit into it
    server.connect(*tcp::resolver(context).resolve("127.0.0.1", port).begin());
    asio::co_spawn(context, converse(std::move(server), count, more), [](std::exception_ptr error) {
        if (error) {
            std::rethrow_exception(error);
        }
    });
    context.run();
} catch (std::exception const& error) {
    std::cerr << "late_reader: " << error.what() << '\n';
    return 1;
}
