// A server whose truth is known: it answers what the test says, when the test says.
#pragma once

#include "support/deadline.hpp"

#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace roger::test {

/// Any number of connections, on a thread of its own. Answers leave each in the order of its
/// messages.
class LineServer {
public:
    struct Reply {
        std::string bytes = "I got your message\n";  ///< none: no answer
        std::optional<Duration> in_pieces = {};      ///< a byte at a time, with so long between
        bool closes = false;                         ///< ends the connection after it
    };

    /// For `length` at the beginning of each `every`, from the first message on, nothing is
    /// answered.
    struct Stall {
        Duration length;
        Duration every;
    };

    struct Options {
        std::string address = "tcp:127.0.0.1:0";
        /// From a message to its answer: those of all messages in turn.
        std::vector<Duration> delays = {Duration(0)};
        std::optional<Stall> stall = {};
        /// What each message keeps it busy, whichever connection it came on: messages wait for each
        /// other in one queue, and 1 / service_time a second is all that it takes.
        std::chrono::microseconds service_time = std::chrono::microseconds(0);
        /// Called on the server's thread, once for each message, in the order in which they come.
        /// The first of all connections has number 0.
        std::function<Reply(std::size_t number, std::string const& message)> answer = {};
    };

    explicit LineServer(Options options);
    ~LineServer();
    LineServer(LineServer const&) = delete;
    LineServer& operator=(LineServer const&) = delete;

    [[nodiscard]] std::string address() const { return address_; }
    [[nodiscard]] std::size_t connections() const { return connections_; }
    [[nodiscard]] std::size_t messages() const;
    void wait_for_messages(std::size_t count, Deadline deadline = {});

    /// For how long each message was really held from the moment that it was read to the moment
    /// before its answer was written, by ascending time.
    [[nodiscard]] std::vector<std::chrono::nanoseconds> held() const;

private:
    struct Session;
    using Stream = asio::generic::stream_protocol;

    asio::awaitable<void> accept();
    asio::awaitable<void> listen(std::shared_ptr<Session> session);
    asio::awaitable<void> talk(std::shared_ptr<Session> session);
    asio::awaitable<void> send(Session& session, Reply const& reply);
    void take(Session& session, std::string const& message);
    [[nodiscard]] Clock::time_point due(Clock::time_point received, std::size_t number);

    Options options_;
    asio::io_context context_;
    asio::posix::stream_descriptor listener_;
    std::string address_;
    std::optional<Clock::time_point> first_message_;
    Clock::time_point free_at_;  ///< done with all messages that have come
    std::atomic<std::size_t> connections_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t messages_ = 0;
    std::vector<std::chrono::nanoseconds> held_;
    std::thread thread_;
};

}  // namespace roger::test
