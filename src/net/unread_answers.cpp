// Asking the system who has something unread.
#include "net/unread_answers.hpp"

#include "net/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace roger {

namespace {

using Names = std::set<std::string, std::less<>>;

/// How long somebody who reads again may have to wait for that to be noticed.
constexpr std::chrono::milliseconds patience{50};

std::size_t buffer_size(int socket) {
    int size = 0;
    socklen_t length = sizeof size;
    ::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, &length);
    return static_cast<std::size_t>(size);
}

std::size_t unread_bytes(int socket) {
    int bytes = 0;
    ::ioctl(socket, SIOCOUTQ, &bytes);
    return static_cast<std::size_t>(bytes);
}

/// A connection to sock_diag(7), which lists the Unix sockets.
class Listing {
public:
    Listing() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
        struct {
            nlmsghdr header;
            unix_diag_req request;
        } ask{};
        ask.header.nlmsg_len = sizeof ask;
        ask.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
        ask.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        ask.request.sdiag_family = AF_UNIX;
        ask.request.udiag_states = ~0U;
        ask.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN;
        ended_ = ::send(socket_.get(), &ask, sizeof ask, 0) != sizeof ask;
    }

    /// Adds the names of the next datagram sockets that have something unread. Returns false at
    /// the end of the list.
    bool next(Names& names) {
        ssize_t const received =
            ended_ ? 0 : ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
        auto size = static_cast<unsigned>(std::max<ssize_t>(received, 0));
        ended_ = size == 0;
        for (auto* entry = reinterpret_cast<nlmsghdr*>(buffer_.data()); NLMSG_OK(entry, size);
             entry = NLMSG_NEXT(entry, size)) {
            if (entry->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
                ended_ = true;  // done, or an error
                break;
            }
            add(*entry, names);
        }
        return !ended_;
    }

private:
    static void add(nlmsghdr& entry, Names& names) {
        auto* const socket = static_cast<unix_diag_msg*>(NLMSG_DATA(&entry));
        std::string_view name;
        unix_diag_rqlen queue{};
        auto left = static_cast<unsigned>(entry.nlmsg_len - NLMSG_LENGTH(sizeof *socket));
        for (auto* each = reinterpret_cast<rtattr*>(socket + 1); RTA_OK(each, left);
             each = RTA_NEXT(each, left)) {
            if (each->rta_type == UNIX_DIAG_NAME) {
                name = {static_cast<char const*>(RTA_DATA(each)), RTA_PAYLOAD(each)};
            } else if (each->rta_type == UNIX_DIAG_RQLEN) {
                std::memcpy(&queue, RTA_DATA(each), sizeof queue);
            }
        }
        if (socket->udiag_type == SOCK_DGRAM && queue.udiag_rqueue != 0 && !name.empty()) {
            names.emplace(name);
        }
    }

    Descriptor socket_;
    bool ended_;
    alignas(nlmsghdr) std::array<char, 32 * 1024> buffer_;
};

Names names_with_unread() {
    Names names;
    Listing listing;
    while (listing.next(names)) {
    }
    return names;
}

std::string_view name_of(Endpoint const& receiver) {
    auto const* const name = reinterpret_cast<char const*>(receiver.data());
    return std::string_view(name, receiver.size()).substr(sizeof(sa_family_t));
}

}  // namespace

UnreadAnswers::UnreadAnswers(int socket)
    : socket_(socket), capacity_(buffer_size(socket)), look_at_(capacity_ / 2) {}

bool UnreadAnswers::piled_up() {
    std::size_t const unread = unread_bytes(socket_);
    if (unread < capacity_ / 4) {
        idle_.clear();
        look_at_ = capacity_ / 2;
    }
    return unread > look_at_;
}

void UnreadAnswers::look() {
    idle_ = names_with_unread();
    looked_ = Clock::now();
    // However many there will be, there is always something left for the others.
    std::size_t const unread = std::min(unread_bytes(socket_), capacity_);
    look_at_ = unread + (capacity_ - unread) / 4;
}

bool UnreadAnswers::leaves_unread(Endpoint const& receiver) {
    if (idle_.empty()) {
        return false;
    }
    if (auto const now = Clock::now(); now - looked_ > patience) {
        looked_ = now;
        Names const unread = names_with_unread();
        std::erase_if(idle_, [&unread](std::string const& name) { return !unread.contains(name); });
    }
    return idle_.contains(name_of(receiver));
}

}  // namespace roger
