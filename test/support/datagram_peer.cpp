// A sender of datagrams.
#include "support/datagram_peer.hpp"

#include "support/socket_address.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace roger::test {

namespace {

Descriptor open_datagram_socket(int family) {
    Descriptor socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
        throw Failure("a datagram socket: " + errno_text(errno));
    }
    return socket;
}

void bind(Descriptor const& socket, sockaddr const* address, socklen_t size) {
    if (::bind(socket.get(), address, size) != 0) {
        throw Failure("bind: " + errno_text(errno));
    }
}

}  // namespace

DatagramPeer DatagramPeer::to(std::string const& address) {
    SocketAddress const server = socket_address(address);
    DatagramPeer peer(open_datagram_socket(server.family()));
    peer.server_ = address;
    if (server.family() == AF_UNIX) {
        sockaddr const chosen = {.sa_family = AF_UNIX, .sa_data = {}};
        bind(peer.socket_, &chosen, sizeof chosen.sa_family);
    }
    return peer;
}

DatagramPeer DatagramPeer::to(std::string const& address, std::string const& own) {
    DatagramPeer peer = at(own);
    peer.server_ = address;
    return peer;
}

DatagramPeer DatagramPeer::nameless(std::string const& address) {
    DatagramPeer peer(open_datagram_socket(AF_UNIX));
    peer.server_ = address;
    return peer;
}

DatagramPeer DatagramPeer::at(std::string const& address) {
    SocketAddress const own = listening_address(address);
    DatagramPeer peer(open_datagram_socket(own.family()));
    bind(peer.socket_, own.get(), own.size);
    return peer;
}

void DatagramPeer::connect() {
    SocketAddress const server = socket_address(server_.value());
    if (::connect(socket_.get(), server.get(), server.size) != 0) {
        throw Failure("connect: " + errno_text(errno));
    }
}

bool DatagramPeer::try_send(std::string_view bytes) {
    SocketAddress const server = socket_address(server_.value_or(sender_));
    return ::sendto(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, server.get(),
                    server.size) == static_cast<ssize_t>(bytes.size());
}

void DatagramPeer::send(std::string_view bytes, Deadline deadline) {
    while (!try_send(bytes)) {
        if (errno != EAGAIN || deadline.over()) {
            throw Failure("sending a datagram to " + server_.value_or(sender_) + ": " +
                          errno_text(errno));
        }
        // A full queue of a socket that this one is not connected to is no event.
        ::poll(nullptr, 0, 1);
    }
}

std::string DatagramPeer::receive(Deadline deadline) {
    if (!wait_for_descriptor(socket_.get(), POLLIN, deadline)) {
        throw Failure("no datagram came to " + own_address());
    }
    std::string bytes(65'536, '\0');
    SocketAddress from;
    from.size = sizeof from.storage;
    ssize_t const size = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from.storage), &from.size);
    if (size < 0) {
        throw Failure("receiving a datagram: " + errno_text(errno));
    }
    sender_ = from.size > sizeof(sa_family_t) ? printed_datagram_address(from) : std::string();
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
}

bool DatagramPeer::would_receive_within(Duration duration) const {
    return wait_for_descriptor(socket_.get(), POLLIN, duration);
}

std::size_t DatagramPeer::take_all() {
    std::array<char, 1> byte{};
    std::size_t count = 0;
    while (::recv(socket_.get(), byte.data(), byte.size(), MSG_DONTWAIT) >= 0) {
        ++count;
    }
    return count;
}

std::string DatagramPeer::own_address() const {
    return bound_address(socket_.get());
}

}  // namespace roger::test
