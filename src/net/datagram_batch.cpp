// Many datagrams in one system call, and their answers in another.
#include "net/datagram_batch.hpp"

#include "net/uninterrupted.hpp"

#include <asio/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/sock_diag.h>
#include <sys/un.h>

namespace roger {

namespace {

/// Lets routing choose the interface again: a datagram's own may not lead back to its sender. But
/// a link-local address means nothing without it.
void forget_interface(msghdr& message) {
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
         each = CMSG_NXTHDR(&message, each)) {
        if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(each), sizeof info);
            info.ipi_ifindex = 0;
            std::memcpy(CMSG_DATA(each), &info, sizeof info);
        } else if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(each), sizeof info);
            if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) {
                info.ipi6_ifindex = 0;
            }
            std::memcpy(CMSG_DATA(each), &info, sizeof info);
        }
    }
}

/// Nobody can send from what a broadcast or a multicast was sent to: the system has to choose.
/// Returns false if it was not that.
bool choose_another_source(msghdr& message, int error) {
    bool const is_no_source = error == EINVAL || error == EADDRNOTAVAIL || error == ENETUNREACH;
    if (!is_no_source || message.msg_controllen == 0) {
        return false;
    }
    message.msg_control = nullptr;
    message.msg_controllen = 0;
    return true;
}

}  // namespace

DatagramBatch::DatagramBatch(std::size_t most, std::size_t most_bytes, ControlData control_data)
    : control_data_(control_data),
      buffer_(std::make_unique_for_overwrite<char[]>(most * most_bytes)),
      slots_(most),
      received_(most),
      answers_(most),
      answered_() {
    for (std::size_t index = 0; index != most; ++index) {
        slots_[index].bytes = {.iov_base = buffer_.get() + index * most_bytes,
                               .iov_len = most_bytes};
    }
    answered_.reserve(most);
}

asio::error_code DatagramBatch::receive(int socket, std::size_t most) {
    answered_.clear();
    size_ = 0;
    most = std::min(most, slots_.size());
    bool const has_control = control_data_ != ControlData::none;
    for (std::size_t index = 0; index != most; ++index) {
        Slot& slot = slots_[index];
        slot.answered = false;
        received_[index].msg_hdr = {.msg_name = slot.sender.data(),
                                    .msg_namelen = static_cast<socklen_t>(slot.sender.capacity()),
                                    .msg_iov = &slot.bytes,
                                    .msg_iovlen = 1,
                                    .msg_control = has_control ? slot.control.data() : nullptr,
                                    .msg_controllen = has_control ? slot.control.size() : 0,
                                    .msg_flags = 0};
    }
    int const count = uninterrupted([&] {
        return ::recvmmsg(socket, received_.data(), static_cast<unsigned>(most),
                          MSG_DONTWAIT | MSG_CMSG_CLOEXEC, /*timeout=*/nullptr);
    });
    if (count < 0) {
        return {errno, asio::error::get_system_category()};
    }
    size_ = static_cast<std::size_t>(count);
    for (std::size_t index = 0; index != size_; ++index) {
        slots_[index].sender.resize(received_[index].msg_hdr.msg_namelen);
    }
    return {};
}

std::string_view DatagramBatch::bytes(std::size_t index) const {
    return {static_cast<char const*>(slots_[index].bytes.iov_base), received_[index].msg_len};
}

bool DatagramBatch::cut_off(std::size_t index) const {
    return (received_[index].msg_hdr.msg_flags & MSG_TRUNC) != 0;
}

Endpoint const& DatagramBatch::sender(std::size_t index) const {
    return slots_[index].sender;
}

bool DatagramBatch::answerable(std::size_t index) const {
    return received_[index].msg_hdr.msg_namelen > sizeof(sa_family_t);
}

void DatagramBatch::answer(std::size_t index, std::string_view bytes) {
    Slot& slot = slots_[index];
    slot.answer = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    msghdr& message = answers_[answered_.size()].msg_hdr;
    message = received_[index].msg_hdr;
    message.msg_iov = &slot.answer;
    // Of a path that fills a whole sockaddr_un the system tells one byte more, its NUL, than it
    // takes: unix(7).
    message.msg_namelen = std::min<socklen_t>(message.msg_namelen, sizeof(sockaddr_un));
    forget_interface(message);
    answered_.push_back(index);
}

void DatagramBatch::send(int socket) {
    for (std::size_t next = 0; next != answered_.size();) {
        int const sent = uninterrupted([&] {
            return ::sendmmsg(socket, &answers_[next],
                              static_cast<unsigned>(answered_.size() - next),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
        });
        for (int i = 0; i < sent; ++i) {
            slots_[answered_[next++]].answered = true;
        }
        if (sent < 0 && !choose_another_source(answers_[next].msg_hdr, errno)) {
            ++next;  // it failed for this one; the others' turn
        }
    }
}

std::size_t count_dropped(int socket) {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory = {};
    socklen_t size = sizeof memory;
    ::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &size);
    return memory[SK_MEMINFO_DROPS];
}

}  // namespace roger
