// Somebody else's program: a server that keeps messages, and a client that says two of them.
#include <roger/client.hpp>
#include <roger/server.hpp>
#include <roger/task.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

/// What the server is for: its return acknowledges what it was given.
class Notebook {
public:
    roger::Task<void> write_down(roger::Batch const& batch) {
        for (std::string_view const message : batch) {
            lines_.emplace_back(message);
        }
        co_return;
    }

    [[nodiscard]] std::vector<std::string> const& lines() const { return lines_; }

private:
    std::vector<std::string> lines_;
};

void require(bool held, std::string const& what) {
    if (!held) {
        throw std::runtime_error("it does not hold that " + what);
    }
}

asio::awaitable<void> say_two(roger::Address const& address) {
    auto client = co_await roger::Client::open(address, std::chrono::seconds(10));
    for (std::string const message : {"first", "second"}) {
        auto const answer = co_await client.send(message, std::chrono::seconds(10));
        require(answer.acknowledged(), "the " + message + " message is acknowledged");
        require(answer.text == "noted", "the answer is the one that was chosen");
    }
}

/// Runs the conversation to its end; what it throws is thrown here.
void converse(roger::Address const& address) {
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(context, say_two(address),
                   [&failure](std::exception_ptr const& thrown) { failure = thrown; });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

void serve_and_talk() {
    Notebook notebook;
    roger::ServerOptions options;
    options.addresses = {roger::parse_address("127.0.0.1:0")};
    options.ack = "noted";
    roger::Server server(
        options, [&notebook](roger::Batch const& batch) { return notebook.write_down(batch); });
    roger::ServerResult result;
    std::exception_ptr failure;
    {
        std::jthread const running([&] { result = server.run(); });
        try {
            converse(server.addresses().front());
        } catch (...) {
            failure = std::current_exception();
        }
        server.stop();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    require(result.success(), "the server ends well: " + result.failure);
    require(notebook.lines() == std::vector<std::string>{"first", "second"},
            "both messages were kept, in order");
    require(server.counters().acknowledged == 2, "both are counted");
}

}  // namespace

int main() {
    try {
        serve_and_talk();
        return 0;
    } catch (std::exception const& failure) {
        std::cerr << "consumer: " << failure.what() << '\n';
        return 1;
    }
}
