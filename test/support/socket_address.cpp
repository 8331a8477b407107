// A printed address as the system's own structure.
#include "support/socket_address.hpp"

#include "support/deadline.hpp"
#include "support/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

namespace roger::test {
namespace {

struct HostPort {
    std::string host;
    std::uint16_t port;
};

HostPort host_and_port(std::string_view printed) {
    auto const colon = printed.rfind(':');
    bool const internet = printed.starts_with("tcp:") || printed.starts_with("udp:");
    if (!internet || colon < 4) {
        throw Failure(fmt::format("not an Internet address: {}", legible(printed)));
    }
    auto host = std::string(printed.substr(4, colon - 4));
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    return {host, static_cast<std::uint16_t>(std::stoul(std::string(printed.substr(colon + 1))))};
}

template <typename Native>
SocketAddress wrap(Native const& native, std::size_t size) {
    SocketAddress out;
    std::memcpy(&out.storage, &native, size);
    out.size = static_cast<socklen_t>(size);
    return out;
}

SocketAddress unix_address(std::string_view path) {
    sockaddr_un native{};
    native.sun_family = AF_UNIX;
    if (path.size() > sizeof native.sun_path) {
        throw Failure("path too long for a Unix socket");
    }
    std::ranges::copy(path, std::begin(native.sun_path));
    bool const abstract = path.starts_with('@');
    if (abstract) {
        native.sun_path[0] = '\0';
    }
    // A path may fill all of it, and has no NUL then: unix(7).
    std::size_t const size = offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1);
    return wrap(native, std::min(size, sizeof native));
}

SocketAddress internet_address(HostPort const& where) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(where.port);
    if (::inet_pton(AF_INET, where.host.c_str(), &four.sin_addr) == 1) {
        return wrap(four, sizeof four);
    }
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(where.port);
    if (::inet_pton(AF_INET6, where.host.c_str(), &six.sin6_addr) == 1) {
        return wrap(six, sizeof six);
    }
    throw Failure(fmt::format("not a number: {}", legible(where.host)));
}

}  // namespace

SocketAddress listening_address(std::string_view printed) {
    if (printed.starts_with("unix")) {
        return unix_address(printed.substr(printed.find(':') + 1));
    }
    return internet_address(host_and_port(printed));
}

SocketAddress socket_address(std::string_view printed) {
    if (printed.starts_with("unix")) {
        return unix_address(printed.substr(printed.find(':') + 1));
    }
    auto where = host_and_port(printed);
    if (where.host == "::") {
        where.host = has_ipv6() ? "::1" : "127.0.0.1";
    }
    if (where.host == "0.0.0.0") {
        where.host = "127.0.0.1";
    }
    return internet_address(where);
}

std::string printed_address(SocketAddress const& address) {
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (address.family() == AF_INET) {
        sockaddr_in native{};
        std::memcpy(&native, &address.storage, sizeof native);
        ::inet_ntop(AF_INET, &native.sin_addr, host.data(), host.size());
        return fmt::format("tcp:{}:{}", host.data(), ntohs(native.sin_port));
    }
    if (address.family() == AF_INET6) {
        sockaddr_in6 native{};
        std::memcpy(&native, &address.storage, sizeof native);
        ::inet_ntop(AF_INET6, &native.sin6_addr, host.data(), host.size());
        return fmt::format("tcp:[{}]:{}", host.data(), ntohs(native.sin6_port));
    }
    sockaddr_un native{};
    std::memcpy(&native, &address.storage, sizeof native);
    // The system adds a NUL to a path that fills all of it.
    std::size_t const size = std::min<std::size_t>(address.size, sizeof native);
    std::string path(std::begin(native.sun_path), size - offsetof(sockaddr_un, sun_path));
    if (path.starts_with('\0')) {
        path[0] = '@';
    } else {
        path.resize(std::strlen(path.c_str()));
    }
    return "unix:" + path;
}

std::string printed_datagram_address(SocketAddress const& address) {
    std::string const text = printed_address(address);
    return (address.family() == AF_UNIX ? "unixgram" : "udp") + text.substr(text.find(':'));
}

std::string bound_address(int socket) {
    SocketAddress address;
    address.size = sizeof address.storage;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) {
        throw Failure("getsockname: " + errno_text(errno));
    }
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
        throw Failure("getsockopt: " + errno_text(errno));
    }
    return type == SOCK_DGRAM ? printed_datagram_address(address) : printed_address(address);
}

std::uint16_t port_of(std::string_view printed) {
    return host_and_port(printed).port;
}

std::string port_text(std::string_view printed) {
    return std::to_string(port_of(printed));
}

std::string with_host(std::string_view printed, std::string_view host) {
    auto const* const form = host.find(':') == std::string_view::npos ? "{}{}:{}" : "{}[{}]:{}";
    return fmt::format(fmt::runtime(form), printed.substr(0, 4), host, port_of(printed));
}

bool has_ipv6() {
    static bool const result = [] {
        Descriptor const socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in6 loopback{};
        loopback.sin6_family = AF_INET6;
        loopback.sin6_addr = in6addr_loopback;
        return socket && ::bind(socket.get(), reinterpret_cast<sockaddr const*>(&loopback),
                                sizeof loopback) == 0;
    }();
    return result;
}

}  // namespace roger::test
