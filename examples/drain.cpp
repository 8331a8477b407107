// limit.cpp with a drain: SIGINT and SIGTERM let it display and acknowledge what it has received.
// In full: src/server/server_core_end.cpp, src/server/signals.cpp, and Session::linger_and_close.
#include <asio.hpp>
#include <asio/experimental/channel.hpp>

#include <csignal>
#include <iostream>
#include <list>

using asio::ip::tcp;
using namespace std::literals;

/// Stops reading, and nothing else. A signal reaches one operation, so each connection has its own.
struct Drain {
    bool begun = false;
    std::list<asio::cancellation_signal> reads;
};

/// A counting semaphore: each connection is an element of the channel, whose capacity is the limit.
using Limit = asio::experimental::channel<void(std::error_code)>;

void display(std::string_view record) {
    if (!(std::cout << record << std::flush)) {
        throw std::system_error(errno, std::system_category(), "standard output");
    }
}

asio::awaitable<void> serve(tcp::socket client, std::chrono::seconds timeout, Drain const& drain,
                            asio::cancellation_slot stop) {
    auto const in_time = asio::cancel_after(timeout, asio::cancellation_type::partial);
    std::string received;
    asio::error_code error;
    while (!error && (!drain.begun || received.find('\n') != std::string::npos)) {
        std::size_t size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n',
            in_time(asio::bind_cancellation_slot(stop, asio::redirect_error(error))));
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
    if (error != asio::error::eof) {  // closing would lose acks on their way, with unread input
        client.shutdown(tcp::socket::shutdown_send, error);
        received.resize(4096);
        for (auto const end = std::chrono::steady_clock::now() + 1s; !error;) {
            co_await client.async_read_some(asio::buffer(received),
                                            asio::cancel_at(end, asio::redirect_error(error)));
        }
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, std::chrono::seconds timeout, Limit& limit,
                             Drain& drain) {
    auto const release = [&limit] { limit.try_receive([](std::error_code) {}); };
    while (acceptor.is_open()) {
        co_await limit.async_send({});
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            auto const stop = drain.reads.emplace(drain.reads.end());
            asio::co_spawn(acceptor.get_executor(),
                           serve(std::move(client), timeout, drain, stop->slot()),
                           [release, &drain, stop](std::exception_ptr failure) {
                               drain.reads.erase(stop);
                               release();
                               rethrow(failure);
                           });
        } else if (acceptor.is_open()) {  // one connection's, or out of descriptors: both pass
            release();
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

int main(int argc, char* argv[]) try {
    Drain drain;
    asio::io_context context;
    asio::signal_set signals(context);
    signals.add(SIGINT, asio::signal_set::flags::restart);
    signals.add(SIGTERM, asio::signal_set::flags::restart);
    signals.async_wait([&context](std::error_code, int) { context.stop(); });
    char const* const port = argc > 1 ? argv[1] : "51717";
    std::chrono::seconds const timeout(argc > 2 ? std::stoi(argv[2]) : 30);
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    Limit limit(context, argc > 3 ? std::stoul(argv[3]) : 1000);
    asio::co_spawn(context, listen(acceptor, timeout, limit, drain), rethrow);
    context.run();

    drain.begun = true;
    acceptor.close();
    for (asio::cancellation_signal& read : drain.reads) {
        read.emit(asio::cancellation_type::partial);
    }
    context.restart();
    auto const end = std::chrono::steady_clock::now() + timeout;
    while (!drain.reads.empty() && context.run_one_until(end) != 0) {
    }
    if (!drain.reads.empty()) {
        std::cerr << "drain: gave up on " << drain.reads.size() << " connections\n";
        return 1;
    }
} catch (std::logic_error const&) {
    std::cerr << "usage: drain [PORT [SECONDS [CONNECTIONS]]]\n";
    return 2;
} catch (std::exception const& error) {
    std::cerr << "drain: " << error.what() << '\n';
    return 1;
}
