// A server whose truth is known.
#include "support/line_server.hpp"

#include "support/files.hpp"
#include "support/socket_address.hpp"

#include <asio/as_tuple.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/read_until.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace roger::test {

struct LineServer::Session {
    struct Pending {
        Clock::time_point received;
        Clock::time_point due;
        Reply reply;
    };

    explicit Session(Stream::socket connected)
        : socket(std::move(connected)), timer(socket.get_executor()) {}

    Stream::socket socket;
    asio::steady_timer timer;
    std::string heard;
    std::deque<Pending> pending;
    bool ended = false;  ///< the client says no more
};

namespace {

/// Not one of Asio's acceptors: what those open and accept, programs that are started meanwhile
/// would inherit, and closing it would end nothing.
int listening_socket(SocketAddress const& address) {
    constexpr int backlog = 1024;
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || ::bind(socket.get(), address.get(), address.size) != 0 ||
        ::listen(socket.get(), backlog) != 0) {
        throw Failure("cannot listen: " + errno_text(errno));
    }
    return socket.release();
}

}  // namespace

LineServer::LineServer(Options options)
    : options_(std::move(options)),
      context_(1),
      listener_(context_, listening_socket(listening_address(options_.address))),
      address_(bound_address(listener_.native_handle())) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

LineServer::~LineServer() {
    context_.stop();
    thread_.join();
}

std::size_t LineServer::messages() const {
    std::lock_guard const lock(mutex_);
    return messages_;
}

void LineServer::wait_for_messages(std::size_t count, Deadline deadline) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline.end(), [&] { return messages_ >= count; })) {
        throw Failure(fmt::format("of {} messages, {} have come within {} ms", count, messages_,
                                  deadline.duration().count()));
    }
}

std::vector<std::chrono::nanoseconds> LineServer::held() const {
    std::lock_guard const lock(mutex_);
    auto sorted = held_;
    std::ranges::sort(sorted);
    return sorted;
}

asio::awaitable<void> LineServer::accept() {
    Stream const protocol(listening_address(options_.address).family(), 0);
    for (;;) {
        co_await listener_.async_wait(listener_.wait_read, asio::use_awaitable);
        int const accepted =
            ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (accepted >= 0) {
            // Over TCP, so that nothing waits for more of an answer in pieces.
            int const on = 1;
            ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            ++connections_;
            auto const session =
                std::make_shared<Session>(Stream::socket(context_, protocol, accepted));
            asio::co_spawn(context_, listen(session), asio::detached);
            asio::co_spawn(context_, talk(session), asio::detached);
        }
    }
}

asio::awaitable<void> LineServer::listen(std::shared_ptr<Session> session) {
    for (;;) {
        auto const [error, size] = co_await asio::async_read_until(
            session->socket, asio::dynamic_buffer(session->heard), '\n', asio::as_tuple);
        if (error) {
            break;
        }
        take(*session, session->heard.substr(0, size - 1));
        session->heard.erase(0, size);
    }
    session->ended = true;
    session->timer.cancel();
}

void LineServer::take(Session& session, std::string const& message) {
    auto const now = Clock::now();
    std::size_t number = 0;
    {
        std::lock_guard const lock(mutex_);
        number = messages_;
    }
    auto reply = options_.answer ? options_.answer(number, message) : Reply{};
    session.pending.push_back({.received = now, .due = due(now, number), .reply = reply});
    session.timer.cancel();
    {
        std::lock_guard const lock(mutex_);
        ++messages_;
    }
    changed_.notify_all();
}

Clock::time_point LineServer::due(Clock::time_point received, std::size_t number) {
    if (!first_message_) {
        first_message_ = received;
    }
    free_at_ = std::max(free_at_, received) + options_.service_time;
    auto const due = free_at_ + options_.delays[number % options_.delays.size()];
    if (options_.stall) {
        auto const into = (due - *first_message_) % options_.stall->every;
        if (into < options_.stall->length) {
            return due + (options_.stall->length - into);
        }
    }
    return due;
}

asio::awaitable<void> LineServer::talk(std::shared_ptr<Session> session) {
    while (!session->pending.empty() || !session->ended) {
        auto const due =
            session->pending.empty() ? Clock::time_point::max() : session->pending.front().due;
        if (due > Clock::now()) {
            session->timer.expires_at(due);
            co_await session->timer.async_wait(asio::as_tuple);
            continue;
        }
        auto const next = std::move(session->pending.front());
        session->pending.pop_front();
        if (!next.reply.bytes.empty()) {
            {
                std::lock_guard const lock(mutex_);
                held_.push_back(Clock::now() - next.received);
            }
            co_await send(*session, next.reply);
        }
        if (next.reply.closes) {
            break;
        }
    }
    asio::error_code ignored;
    session->socket.close(ignored);
}

asio::awaitable<void> LineServer::send(Session& session, Reply const& reply) {
    asio::error_code error;
    std::size_t const piece = reply.in_pieces ? 1 : reply.bytes.size();
    for (std::size_t begin = 0; begin < reply.bytes.size() && !error; begin += piece) {
        auto const [unsent, sent] = co_await asio::async_write(
            session.socket, asio::buffer(&reply.bytes[begin], piece), asio::as_tuple);
        error = unsent;
        if (reply.in_pieces) {
            asio::steady_timer pause(context_, *reply.in_pieces);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }
}

}  // namespace roger::test
