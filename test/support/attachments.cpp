// Descriptors that travel with bytes over a Unix socket.
#include "support/attachments.hpp"

#include "support/files.hpp"
#include "support/socket_address.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace roger::test {

namespace {

constexpr std::size_t most_descriptors = 253;  // SCM_MAX_FD

using Control = std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))>;

}  // namespace

void send_with_descriptors(int socket, std::string_view bytes, std::size_t count,
                           std::string const& receiver) {
    SocketAddress address = receiver.empty() ? SocketAddress() : socket_address(receiver);
    Descriptor const attached(::open("/dev/null", O_RDWR | O_CLOEXEC));
    std::array<int, most_descriptors> descriptors{};
    descriptors.fill(attached.get());
    std::size_t const size = count * sizeof(int);
    alignas(cmsghdr) Control control{};
    iovec content{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_name = receiver.empty() ? nullptr : &address.storage;
    message.msg_namelen = address.size;
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(header), descriptors.data(), size);
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
        throw Failure("sending descriptors: " + errno_text(errno));
    }
}

WithDescriptors receive_with_descriptors(int socket, Deadline deadline) {
    if (!wait_for_descriptor(socket, POLLIN, deadline)) {
        throw Failure("nothing came");
    }
    std::string bytes(65'536, '\0');
    alignas(cmsghdr) Control control{};
    iovec content{.iov_base = bytes.data(), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t const size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (size < 0) {
        throw Failure("receiving: " + errno_text(errno));
    }
    bytes.resize(static_cast<std::size_t>(size));
    std::size_t descriptors = 0;
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
         each = CMSG_NXTHDR(&message, each)) {
        std::size_t const numbers = each->cmsg_len - CMSG_LEN(0);
        for (std::size_t at = 0; at + sizeof(int) <= numbers; at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(each) + at, sizeof number);
            Descriptor const closed(number);
            ++descriptors;
        }
    }
    return {bytes, descriptors};
}

}  // namespace roger::test
