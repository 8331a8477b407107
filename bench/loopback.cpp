#include "loopback.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

namespace bench {

void give_up(std::string_view what) {
    std::fprintf(stderr, "%s: %.*s: %s\n", ::program_invocation_short_name,
                 static_cast<int>(what.size()), what.data(), std::strerror(errno));
    std::exit(1);
}

Address Address::of(std::string_view text) {
    auto const colon = std::min(text.find(':'), text.size());
    auto const kind = text.substr(0, colon);
    std::string const rest(text.substr(std::min(colon + 1, text.size())));
    Address address;
    address.type = kind == "udp" ? SOCK_DGRAM : SOCK_STREAM;
    if (kind == "unix" && !rest.empty() && rest.size() < sizeof(sockaddr_un::sun_path)) {
        auto& name = reinterpret_cast<sockaddr_un&>(address.name);
        name.sun_family = AF_UNIX;
        std::ranges::copy(rest, name.sun_path);
        address.size = sizeof name;
    } else if ((kind == "tcp" || kind == "udp") && std::atoi(rest.c_str()) > 0) {
        auto& name = reinterpret_cast<sockaddr_in&>(address.name);
        name.sin_family = AF_INET;
        name.sin_port = htons(static_cast<std::uint16_t>(std::atoi(rest.c_str())));
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.size = sizeof name;
    } else {
        errno = EINVAL;
        give_up(std::string(text) + " is not tcp:PORT, udp:PORT or unix:PATH");
    }
    return address;
}

int listen_at(Address const& address) {
    int const socket =
        ::socket(address.name.ss_family, address.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int const on = 1;
    if (address.is_internet()) {
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    if (address.is_datagram()) {  // as Roger does: the system gives as much of it as it allows
        int const waiting_bytes = 4 << 20;
        ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &waiting_bytes, sizeof waiting_bytes);
    } else if (address.is_internet()) {
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (::bind(socket, address.data(), address.size) != 0 ||
        (!address.is_datagram() && ::listen(socket, SOMAXCONN) != 0)) {
        give_up("cannot listen");
    }
    return socket;
}

void announce() {
    std::fputs("listening\n", stderr);
}

int connect_to(Address const& address, std::uint32_t source) {
    constexpr std::uint32_t sources = 64;
    int const socket = ::socket(address.name.ss_family, address.type | SOCK_CLOEXEC, 0);
    int const on = 1;
    if (address.is_internet() && !address.is_datagram()) {
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        sockaddr_in from{};
        from.sin_family = AF_INET;
        from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source % sources);
        if (::bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) {
            give_up("cannot bind");
        }
    }
    if (::connect(socket, address.data(), address.size) != 0) {
        give_up("cannot connect");
    }
    ::fcntl(socket, F_SETFL, O_NONBLOCK);
    return socket;
}

void allow_many_files() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

std::string_view acknowledgements(std::size_t count) {
    static constexpr std::string_view ack = "I got your message\n";
    static std::string const all = [] {
        std::string text;
        for (std::size_t i = 0; i < most_acks; ++i) {
            text += ack;
        }
        return text;
    }();
    return std::string_view(all).substr(0, std::min(count, most_acks) * ack.size());
}

}  // namespace bench
