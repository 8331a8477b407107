// Asking the system who has something unread.
#include "net/unread_answers.hpp"

#include "net/descriptor.hpp"
#include "net/last_error.hpp"
#include "net/uninterrupted.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

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

/// How long somebody who reads again may have to wait for that to be noticed, and until the system
/// is asked again that could not tell.
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
    Listing() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {}

    std::error_code ask() {
        if (!socket_) {
            return last_error();
        }
        struct {
            nlmsghdr header;
            unix_diag_req request;
        } question{};
        question.header.nlmsg_len = sizeof question;
        question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
        question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        question.request.sdiag_family = AF_UNIX;
        question.request.udiag_states = ~0U;
        question.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN;
        long const sent = uninterrupted(
            [&] { return ::send(socket_.get(), &question, sizeof question, MSG_NOSIGNAL); });
        return sent < 0 ? last_error() : std::error_code();
    }

    [[nodiscard]] bool ended() const { return ended_; }

    /// Adds the names of the next datagram sockets that have something unread.
    std::error_code next(Names& names) {
        long const received =
            uninterrupted([&] { return ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0); });
        if (received < 0) {
            return last_error();
        }
        ended_ = received == 0;
        auto size = static_cast<unsigned>(received);
        for (auto* entry = reinterpret_cast<nlmsghdr*>(buffer_.data()); NLMSG_OK(entry, size);
             entry = NLMSG_NEXT(entry, size)) {
            if (entry->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
                ended_ = true;
                return outcome(*entry);
            }
            add(*entry, names);
        }
        return {};
    }

private:
    /// NLMSG_DATA without its C cast, of which a build that Roger is a part of may warn.
    static char* data_of(nlmsghdr& entry) { return reinterpret_cast<char*>(&entry) + NLMSG_HDRLEN; }

    /// NLMSG_DONE and NLMSG_ERROR both begin with the negative number of an error, or 0.
    static std::error_code outcome(nlmsghdr& entry) {
        int number = 0;
        std::memcpy(&number, data_of(entry), sizeof number);
        return {-number, std::system_category()};
    }

    static void add(nlmsghdr& entry, Names& names) {
        auto* const socket = reinterpret_cast<unix_diag_msg*>(data_of(entry));
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
    bool ended_ = false;
    alignas(nlmsghdr) std::array<char, 32 * 1024> buffer_;
};

std::error_code find_unread(Names& names) {
    Listing listing;
    std::error_code error = listing.ask();
    while (!error && !listing.ended()) {
        error = listing.next(names);
    }
    return error;
}

/// Empty: it has none.
std::string_view name_of(Endpoint const& receiver) {
    std::string_view name(reinterpret_cast<char const*>(receiver.data()), receiver.size());
    name.remove_prefix(std::min(name.size(), sizeof(sa_family_t)));
    return name;
}

}  // namespace

UnreadAnswers::UnreadAnswers(int socket)
    : socket_(socket), capacity_(buffer_size(socket)), look_at_(capacity_ / 2) {}

bool UnreadAnswers::piled_up() {
    std::size_t const unread = unread_bytes(socket_);
    if (unread < capacity_ / 4) {
        non_readers_.clear();
        look_at_ = capacity_ / 2;
    }
    return unread > look_at_ && Clock::now() >= not_before_;
}

std::error_code UnreadAnswers::find_non_readers() {
    Names unread_names;
    if (std::error_code const error = find_unread(unread_names)) {
        not_before_ = Clock::now() + patience;
        return error;
    }
    non_readers_ = std::move(unread_names);
    not_before_ = Clock::now();
    refresh_at_ = not_before_ + patience;
    // However many there will be, there is always something left for the others.
    std::size_t const unread = std::min(unread_bytes(socket_), capacity_);
    look_at_ = unread + (capacity_ - unread) / 4;
    return {};
}

std::error_code UnreadAnswers::refresh() {
    if (non_readers_.empty() || Clock::now() < refresh_at_) {
        return {};
    }
    refresh_at_ = Clock::now() + patience;
    Names unread;
    std::error_code const error = find_unread(unread);
    if (!error) {
        std::erase_if(non_readers_,
                      [&unread](std::string const& name) { return !unread.contains(name); });
    }
    return error;
}

bool UnreadAnswers::leaves_unread(Endpoint const& receiver) const {
    return !non_readers_.empty() && non_readers_.contains(name_of(receiver));
}

}  // namespace roger
