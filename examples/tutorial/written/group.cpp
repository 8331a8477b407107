// ack.cpp with group commit: a thread writes and synchronizes the records of many clients at once,
// while those of the next group gather. In full: src/server/display.cpp.
#include <asio.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

using asio::ip::tcp;
using namespace std::literals;

// [group]
struct Group {
    explicit Group(asio::any_io_executor const& executor)
        : committed(executor, asio::steady_timer::time_point::max()) {}

    std::string records;
    asio::steady_timer committed;  // never expires: cancelling it resumes those who wait
};
// [/group]

asio::awaitable<void> commit(std::string_view records) {
    while (!records.empty()) {
        ssize_t const size = write(STDOUT_FILENO, records.data(), records.size());
        if (size < 0) {
            throw std::system_error(errno, std::system_category(), "standard output");
        }
        records.remove_prefix(static_cast<std::size_t>(size));
    }
    if (fdatasync(STDOUT_FILENO) < 0 && errno != EINVAL) {  // EINVAL: a pipe or a terminal
        throw std::system_error(errno, std::system_category(), "fdatasync");
    }
    co_return;
}

class Writer {
public:
    explicit Writer(asio::any_io_executor const& executor)
        : executor_(executor), group_(std::make_shared<Group>(executor)) {}

    // [write]
    // Returns when the record is on the disk.
    asio::awaitable<void> write(std::string_view record) {
        std::shared_ptr<Group> const group = group_;
        group->records += record;
        arrived_.cancel();
        co_await group->committed.async_wait(asio::as_tuple);
    }
    // [/write]

    // [run]
    asio::awaitable<void> run() {
        for (;;) {
            if (group_->records.empty()) {
                co_await arrived_.async_wait(asio::as_tuple);
            }
            auto const group = std::exchange(group_, std::make_shared<Group>(executor_));
            co_await asio::co_spawn(thread_, commit(group->records));
            group->committed.cancel();
        }
    }
    // [/run]

private:
    asio::any_io_executor executor_;
    std::shared_ptr<Group> group_;  // the one that gathers
    asio::steady_timer arrived_{executor_, asio::steady_timer::time_point::max()};
    asio::thread_pool thread_{1};
};

asio::awaitable<void> serve(tcp::socket client, Writer& writer) {
    std::string received;
    for (asio::error_code error; !error;) {
        std::size_t size = co_await asio::async_read_until(
            client, asio::dynamic_buffer(received, 65'536), '\n', asio::redirect_error(error));
        if (error == asio::error::eof && !received.empty()) {
            size = received.append("\n").size();  // the end of the stream ends a message as well
        } else if (error) {
            break;
        }
        // [serve]
        co_await writer.write(std::string_view(received).substr(0, size));
        // [/serve]
        received.erase(0, size);
        co_await asio::async_write(client, asio::buffer("I got your message\n"sv), asio::as_tuple);
    }
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, Writer& writer) {
    for (;;) {
        tcp::socket client(acceptor.get_executor());
        if (auto [error] = co_await acceptor.async_accept(client, asio::as_tuple); !error) {
            asio::co_spawn(acceptor.get_executor(), serve(std::move(client), writer), rethrow);
        } else {  // one connection's, or out of descriptors: both pass
            std::cerr << "cannot accept: " << error.message() << '\n';
            co_await asio::steady_timer(acceptor.get_executor(), 100ms).async_wait();
        }
    }
}

int main(int argc, char* argv[]) try {
    asio::io_context context;
    char const* const port = argc > 1 ? argv[1] : "51717";
    tcp::acceptor acceptor(context, *tcp::resolver(context).resolve("127.0.0.1", port).begin());
    std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
    Writer writer(context.get_executor());
    asio::co_spawn(context, writer.run(), rethrow);
    asio::co_spawn(context, listen(acceptor, writer), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "group: " << error.what() << '\n';
    return 1;
}
