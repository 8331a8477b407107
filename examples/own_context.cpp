// A server as one part of a program that has an io_context of its own. What else runs there can use
// what the handler changes without a lock: a line on standard error each second, in this case.
#include <roger/server.hpp>

#include <asio.hpp>

#include <chrono>
#include <csignal>
#include <iostream>

namespace {

std::size_t bytes_kept = 0;

asio::awaitable<void> keep(roger::Batch const& batch) {
    for (roger::Message const& message : batch) {
        bytes_kept += message.text.size();
    }
    co_return;
}

/// Until it is destroyed or cancelled.
asio::awaitable<void> report_each_second() {
    for (asio::steady_timer timer(co_await asio::this_coro::executor);;) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait();
        std::cerr << bytes_kept << " bytes kept\n";
    }
}

/// Until it is stopped by a signal, or by a failure.
asio::awaitable<roger::ServerResult> serve(asio::io_context& context, roger::Address address) {
    roger::Server server(context, {.addresses = {std::move(address)}}, keep);
    std::cerr << "listening on " << to_string(server.addresses().front()) << '\n';

    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](asio::error_code error, int /*signal*/) {
        if (!error) {
            server.stop();
        }
    });
    co_return co_await server.serve();
}

}  // namespace

int main(int argc, char* argv[]) try {
    asio::io_context context(1);
    auto const address = roger::parse_address(argc > 1 ? argv[1] : "localhost:51717");
    roger::ServerResult result;
    asio::co_spawn(context, report_each_second(), asio::detached);
    asio::co_spawn(context, serve(context, address),
                   [&](std::exception_ptr thrown, roger::ServerResult const& ended) {
                       if (thrown) {
                           std::rethrow_exception(thrown);  // comes out of run()
                       }
                       result = ended;
                       context.stop();
                   });
    context.run();
    if (!result.failure.empty()) {
        std::cerr << result.failure << '\n';
    }
    return result.success() ? 0 : 1;
} catch (std::exception const& error) {
    std::cerr << "own_context: " << error.what() << '\n';
    return 1;
}
