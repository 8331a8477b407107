// epoll(7), in an event loop of Asio's.
#include "net/epoll_set.hpp"

#include "net/last_error.hpp"

#include <algorithm>

namespace roger {

EpollSet::EpollSet(asio::io_context& context)
    : set_(context, checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

void EpollSet::control(int operation, int descriptor, std::uint32_t events, SocketOwner* owner) {
    epoll_event event{.events = events, .data = {.ptr = owner}};
    checked(::epoll_ctl(set_.native_handle(), operation, descriptor, &event), "epoll_ctl");
}

void EpollSet::remove(int descriptor) {
    ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
}

std::span<epoll_event> EpollSet::poll() {
    int const count =
        ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    auto const used = static_cast<std::size_t>(std::max(count, 0));
    may_have_more_ = used == events_.size();
    return std::span(events_).first(used);
}

}  // namespace roger
