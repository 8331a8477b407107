// A client that outlives its server: it reports every 100 ms, and when the connection is lost it
// connects again, sooner or later. Of each message it says whether it was acknowledged.
#include <roger/address.hpp>
#include <roger/client.hpp>

#include <asio.hpp>

#include <iostream>
#include <string>

using namespace std::literals;

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> report(roger::Client& client, std::string text, bool& all_acknowledged) {
    try {
        roger::Answer const answer = co_await client.send(text, 30s);
        all_acknowledged = all_acknowledged && answer.acknowledged();
        std::cout << text << ": " << (answer.acknowledged() ? "acknowledged" : answer.text)
                  << std::endl;
    } catch (roger::ClientError const& error) {
        all_acknowledged = false;
        std::cout << text << (error.sent() ? ": perhaps displayed: " : ": not displayed: ")
                  << error.what() << std::endl;
    }
}

asio::awaitable<void> report_all(roger::Address address, int count, bool& all_acknowledged) {
    roger::ClientOptions options;
    options.reconnect = {.initial_delay = 100ms, .max_delay = 2s};
    roger::Client client = co_await roger::Client::open(address, options);

    asio::steady_timer timer(co_await asio::this_coro::executor, 0ms);
    for (int number = 1; number <= count; ++number) {
        co_await timer.async_wait();
        timer.expires_at(timer.expiry() + 100ms);
        asio::co_spawn(timer.get_executor(),
                       report(client, "report " + std::to_string(number), all_acknowledged),
                       rethrow);
    }
    co_await client.close(60s);
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    auto const address = roger::parse_address(argc > 1 ? argv[1] : "localhost:51717");
    int const count = argc > 2 ? std::stoi(argv[2]) : 100;
    bool all_acknowledged = true;
    asio::co_spawn(context, report_all(address, count, all_acknowledged), rethrow);
    context.run();
    return all_acknowledged ? 0 : 1;
} catch (std::logic_error const&) {
    std::cerr << "usage: reconnect [ADDRESS [REPORTS]]\n";
    return 2;
} catch (std::exception const& error) {
    std::cerr << "reconnect: " << error.what() << '\n';
    return 1;
}
