// limit.cpp with a limit on what the kernel keeps of the acks that a client does not read.
#include <asio.hpp>
#include <asio/experimental/channel.hpp>

#include <iostream>

using asio::ip::tcp;
using namespace std::literals;

/// A counting semaphore: each connection is an element of the channel, whose capacity is the limit.
using Limit = asio::experimental::channel<void(std::error_code)>;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client, std::chrono::seconds timeout) {
    // [option]
    client.set_option(tcp::socket::send_buffer_size(16'384));
    // [/option]
    auto const in_time = asio::cancel_after(timeout);
    std::string received;
    for (asio::error_code error; !error;) {
        std::size_t size =
            co_await asio::async_read_until(client, asio::dynamic_buffer(received, 65'536), '\n',
                                            in_time(asio::redirect_error(error)));
        if (error == asio::error::eof && !received.empty()) {
            size = received.append("\n").size();  // the end of the stream ends a message as well
        } else if (error) {
            break;
        }
        display(std::string_view(received).substr(0, size));  // returns when it is written
        received.erase(0, size);
        auto const ack = asio::buffer("I got your message\n"sv);
        if (auto [failed, sent] = co_await asio::async_write(client, ack, in_time(asio::as_tuple));
            failed) {
            break;
        }
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, std::chrono::seconds timeout, Limit& limit) {
    auto const release = [&limit] { limit.try_receive([](std::error_code) {}); };
    for (;;) {
        co_await limit.async_send({});
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            asio::co_spawn(acceptor.get_executor(), serve(std::move(client), timeout),
                           [release](std::exception_ptr failure) {
                               release();
                               rethrow(failure);
                           });
        } else {  // one connection's, or out of descriptors: both pass
            release();
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    std::chrono::seconds const timeout(argc > 2 ? std::stoi(argv[2]) : 30);
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    Limit limit(context, argc > 3 ? std::stoul(argv[3]) : 1000);
    asio::co_spawn(context, listen(acceptor, timeout, limit), rethrow);
    context.run();
} catch (std::logic_error const&) {
    std::cerr << "usage: solution_send_buffer [PORT [SECONDS [CONNECTIONS]]]\n";
    return 2;
} catch (std::exception const& error) {
    std::cerr << "solution_send_buffer: " << error.what() << '\n';
    return 1;
}
