// Which of many sockets are ready: one epoll set for all, waited for inside Asio.
#pragma once

#include <asio/as_tuple.hpp>
#include <asio/error_code.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

namespace roger {

/// Is told of its socket's events.
class SocketOwner {
public:
    /// `events` are epoll_wait(2)'s. Those of one wait are delivered one after another: what the
    /// first owner does may have made the second's out of date.
    virtual void on_event(std::uint32_t events) = 0;

protected:
    ~SocketOwner() = default;
};

/// Asio's own way, an operation for each wait of each socket, costs two system calls and a few
/// allocations from its cache per message: docs/architecture.md has the figures. Here the sockets
/// stay in one set, and one operation waits for the set.
class EpollSet {
public:
    /// Throws std::system_error.
    explicit EpollSet(asio::io_context& context);
    EpollSet(EpollSet const&) = delete;
    EpollSet& operator=(EpollSet const&) = delete;
    ~EpollSet() = default;

    /// Adds a descriptor, whose events carry `owner`. `events` as for epoll_ctl(2). Throws
    /// std::system_error.
    void add(int descriptor, std::uint32_t events, SocketOwner* owner) {
        control(EPOLL_CTL_ADD, descriptor, events, owner);
    }
    void change(int descriptor, std::uint32_t events, SocketOwner* owner) {
        control(EPOLL_CTL_MOD, descriptor, events, owner);
    }

    /// Before its owner goes. To close it is not enough where a child of the process has a copy, if
    /// only between fork() and exec(): epoll(7), "Questions and answers".
    void remove(int descriptor);

    /// Waits until poll() may give something, or until cancel().
    auto wait() { return set_.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple); }
    void cancel() {
        asio::error_code ignored;
        set_.cancel(ignored);
    }

    /// What has happened since the last time, without waiting, and at most as much as it has room
    /// for: what is left has the next wait() end at once. Valid until the next call, and the
    /// caller's to change.
    std::span<epoll_event> poll();

    /// Whether the last poll() may have left something for the next.
    [[nodiscard]] bool may_have_more() const { return may_have_more_; }

    /// The one that an event carries.
    static SocketOwner* owner(epoll_event const& event) {
        return static_cast<SocketOwner*>(event.data.ptr);
    }

    [[nodiscard]] auto get_executor() { return set_.get_executor(); }

private:
    void control(int operation, int descriptor, std::uint32_t events, SocketOwner* owner);

    asio::posix::basic_stream_descriptor<asio::io_context::executor_type> set_;
    bool may_have_more_ = false;
    std::array<epoll_event, 256> events_;
};

}  // namespace roger
