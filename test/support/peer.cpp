// The other end of a conversation, byte by byte.
#include "support/peer.hpp"

#include "support/socket_address.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace roger::test {
namespace {

Descriptor open_stream_socket(int family) {
    Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
        throw Failure("socket: " + errno_text(errno));
    }
    return socket;
}

void set_option(int socket, int option, int value, int level = SOL_SOCKET) {
    if (::setsockopt(socket, level, option, &value, sizeof value) != 0) {
        throw Failure("setsockopt: " + errno_text(errno));
    }
}

void bind(int socket, SocketAddress const& address, std::string_view printed) {
    if (::bind(socket, address.get(), address.size) != 0) {
        throw Failure(fmt::format("bind to {}: {}", printed, errno_text(errno)));
    }
}

}  // namespace

Peer::Peer(Descriptor socket) : socket_(std::move(socket)) {}

Peer Peer::connect(std::string const& address, Options const& options, Deadline deadline) {
    auto const where = socket_address(address);
    auto const fail = [&address](std::string const& why) {
        throw Failure(fmt::format("connecting to {}: {}", address, why));
    };
    for (;;) {
        Peer peer(open_stream_socket(where.family()));
        int const socket = peer.descriptor();
        if (options.receive_buffer) {
            set_option(socket, SO_RCVBUF, *options.receive_buffer);
        }
        if (options.send_buffer) {
            set_option(socket, SO_SNDBUF, *options.send_buffer);
        }
        if (options.segment) {
            set_option(socket, TCP_MAXSEG, *options.segment, IPPROTO_TCP);
        }
        if (options.name) {
            bind(socket, listening_address(*options.name), *options.name);
        }
        if (::connect(socket, where.get(), where.size) == 0) {
            return peer;
        }
        if (errno == EAGAIN) {
            // A Unix socket with a full backlog: nothing tells when there is room again.
            if (deadline.over()) {
                fail("its backlog stays full");
            }
            wait_for_descriptor(-1, 0, Duration(2));
            continue;
        }
        if (errno != EINPROGRESS) {
            fail(errno_text(errno));
        }
        if (!wait_for_descriptor(socket, POLLOUT, deadline)) {
            fail("the deadline came");
        }
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            fail(errno_text(error));
        }
        return peer;
    }
}

void Peer::fail(std::string_view awaited, std::string_view why) const {
    throw Failure(fmt::format("a peer awaited {}: {}; received and not yet asked for: {}", awaited,
                              why, legible(received_)));
}

void Peer::send(std::string_view bytes, Deadline deadline) {
    while (!bytes.empty()) {
        auto const sent = ::send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EAGAIN && errno != EINTR) {
            fail(fmt::format("sending {} more bytes", bytes.size()), errno_text(errno));
        } else if (!wait_for_descriptor(descriptor(), POLLOUT, deadline)) {
            fail(fmt::format("sending {} more bytes", bytes.size()), "the deadline came");
        }
    }
}

std::size_t Peer::send_until_stuck(std::string_view bytes, Duration quiet) const {
    std::size_t total = 0;
    while (total < bytes.size()) {
        auto const rest = bytes.substr(total);
        auto const sent = ::send(descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            total += static_cast<std::size_t>(sent);
            continue;
        }
        bool const full = errno == EAGAIN || errno == EINTR;
        if (!full || !wait_for_descriptor(descriptor(), POLLOUT, quiet)) {
            break;
        }
    }
    return total;
}

Peer::Read Peer::read_some(std::string_view awaited, Deadline const& deadline) {
    std::array<char, 65536> buffer;
    for (;;) {
        auto const size = ::recv(descriptor(), buffer.data(), buffer.size(), 0);
        if (size > 0) {
            received_.append(buffer.data(), static_cast<std::size_t>(size));
            return Read::some;
        }
        if (size == 0) {
            return Read::closed;
        }
        if (errno == ECONNRESET || errno == EPIPE) {
            return Read::reset;
        }
        if (errno != EAGAIN && errno != EINTR) {
            fail(awaited, errno_text(errno));
        }
        if (!wait_for_descriptor(descriptor(), POLLIN, deadline)) {
            fail(awaited, "the deadline came");
        }
    }
}

std::string Peer::receive_line(Deadline deadline) {
    std::size_t searched = 0;
    for (;;) {
        auto const end = received_.find('\n', searched);
        if (end != std::string::npos) {
            auto line = received_.substr(0, end);
            received_.erase(0, end + 1);
            return line;
        }
        searched = received_.size();
        auto const read = read_some("a line", deadline);
        if (read == Read::closed) {
            fail("a line", "the stream ended");
        }
        if (read == Read::reset) {
            fail("a line", "the connection was reset");
        }
    }
}

std::string Peer::receive_exactly(std::size_t size, Deadline deadline) {
    auto const awaited = fmt::format("{} bytes", size);
    while (received_.size() < size) {
        auto const read = read_some(awaited, deadline);
        if (read == Read::closed) {
            fail(awaited, "the stream ended");
        }
        if (read == Read::reset) {
            fail(awaited, "the connection was reset");
        }
    }
    auto bytes = received_.substr(0, size);
    received_.erase(0, size);
    return bytes;
}

std::string Peer::receive_all(Deadline deadline) {
    for (;;) {
        auto const read = read_some("the end of the stream", deadline);
        if (read == Read::reset) {
            fail("the end of the stream", "the connection was reset");
        }
        if (read == Read::closed) {
            return std::exchange(received_, {});
        }
    }
}

End Peer::wait_for_end(Deadline deadline) {
    for (;;) {
        auto const read = read_some("the end of the stream", deadline);
        if (read != Read::some) {
            return read == Read::reset ? End::reset : End::closed;
        }
        received_.clear();
    }
}

bool Peer::would_receive_within(Duration duration) {
    return !received_.empty() || wait_for_descriptor(descriptor(), POLLIN, duration);
}

bool Peer::all_is_read() const {
    if (!local_address().starts_with("unix:")) {
        throw Failure("not a Unix socket");
    }
    int unread = 0;
    if (::ioctl(descriptor(), SIOCOUTQ, &unread) != 0) {
        throw Failure("SIOCOUTQ: " + errno_text(errno));
    }
    return unread == 0;
}

void Peer::wait_until_read(Deadline deadline) const {
    eventually("the other side reads what was sent", [this] { return all_is_read(); }, deadline);
}

void Peer::half_close() {
    // That the other side has broken off shows when its last words have been received.
    if (::shutdown(descriptor(), SHUT_WR) != 0 && errno != ENOTCONN) {
        fail("to half-close", errno_text(errno));
    }
}

void Peer::reset() {
    linger const at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

std::string Peer::local_address() const {
    return bound_address(descriptor());
}

Listener::Listener(std::string const& address, int backlog) {
    auto const where = listening_address(address);
    socket_ = open_stream_socket(where.family());
    set_option(socket_.get(), SO_REUSEADDR, 1);
    bind(socket_.get(), where, address);
    if (::listen(socket_.get(), backlog) != 0) {
        throw Failure("listen: " + errno_text(errno));
    }
}

std::string Listener::address() const {
    return bound_address(socket_.get());
}

Peer Listener::accept(Deadline deadline) {
    for (;;) {
        Descriptor socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket) {
            return Peer(std::move(socket));
        }
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            throw Failure("accept: " + errno_text(errno));
        }
        if (!wait_for_descriptor(socket_.get(), POLLIN, deadline)) {
            throw Failure("nobody has connected to " + address());
        }
    }
}

RefusingAddress::RefusingAddress(std::string const& host, std::uint16_t port) {
    auto const address = with_host(fmt::format("tcp:127.0.0.1:{}", port), host);
    auto const where = listening_address(address);
    socket_ = open_stream_socket(where.family());
    bind(socket_.get(), where, address);
}

std::string RefusingAddress::address() const {
    return bound_address(socket_.get());
}

}  // namespace roger::test
