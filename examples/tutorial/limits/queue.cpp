// WRONG: a queue of answers for each client, without a bound. It grows while the client does not
// read them.
#include <asio.hpp>
#include <asio/experimental/channel.hpp>

#include <iostream>
#include <limits>
#include <memory>

using asio::ip::tcp;

// [client]
/// A queue of answers whose reader can wait for the next one.
using Answers = asio::experimental::channel<void(asio::error_code, std::string)>;

constexpr std::size_t capacity = std::numeric_limits<std::size_t>::max();

struct Client {
    explicit Client(tcp::socket accepted)
        : socket(std::move(accepted)), answers(socket.get_executor(), capacity) {
        socket.set_option(tcp::socket::send_buffer_size(65'536));
    }

    tcp::socket socket;
    Answers answers;
};
// [/client]

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

asio::awaitable<void> send_answers(std::shared_ptr<Client> client) {
    for (asio::error_code error; !error;) {
        std::string const answer =
            co_await client->answers.async_receive(asio::redirect_error(error));
        if (!error) {
            co_await asio::async_write(client->socket, asio::buffer(answer),
                                       asio::redirect_error(error));
        }
    }
    client->answers.close();
}

asio::awaitable<void> serve(std::shared_ptr<Client> client) {
    asio::co_spawn(client->socket.get_executor(), send_answers(client), rethrow);
    std::string received;
    for (asio::error_code error; !error;) {
        std::size_t const size =
            co_await asio::async_read_until(client->socket, asio::dynamic_buffer(received, 65'536),
                                            '\n', asio::redirect_error(error));
        if (!error) {
            display(std::string_view(received).substr(0, size));
            received.erase(0, size);
            client->answers.try_send(asio::error_code(), "I got your message\n");
        }
    }
    client->answers.close();  // send_answers still sends what is in it
}

asio::awaitable<void> listen(tcp::acceptor& acceptor) {
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept();
        asio::co_spawn(acceptor.get_executor(), serve(std::make_shared<Client>(std::move(client))),
                       rethrow);
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
    std::cerr << "queue: " << error.what() << '\n';
    return 1;
}
