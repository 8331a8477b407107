// Sockets of this machine, for the servers and the generators of bench/. What fails ends the
// program with a sentence: there is nothing to measure then.
#pragma once

#include <cstdint>
#include <string_view>

#include <sys/socket.h>

namespace bench {

/// Says what failed and why (errno), and ends the program.
[[noreturn]] void give_up(std::string_view what);

/// A socket's address, as tcp:PORT and udp:PORT (of 127.0.0.1) or unix:PATH name it.
struct Address {
    int type = 0;
    sockaddr_storage name{};
    socklen_t size = 0;

    static Address of(std::string_view text);

    [[nodiscard]] bool is_datagram() const { return type == SOCK_DGRAM; }
    [[nodiscard]] bool is_internet() const { return name.ss_family == AF_INET; }
    [[nodiscard]] sockaddr const* data() const { return reinterpret_cast<sockaddr const*>(&name); }
};

/// A non-blocking socket that listens (or, for datagrams, is bound) there. Any number of them may
/// share an Internet address, as a server with a thread for each does.
int listen_at(Address const& address);

/// Says that the server is ready; whoever started it waits for the line.
void announce();

/// A non-blocking socket that is connected to the address. A port is free for a new connection
/// only a while after the last one from the same source: whoever makes many counts up `source`.
int connect_to(Address const& address, std::uint32_t source = 0);

/// As many open files as the system allows the process.
void allow_many_files();

/// The server's acknowledgement, `count` times; at most `most_acks`.
std::string_view acknowledgements(std::size_t count);
inline constexpr std::size_t most_acks = 65536;

}  // namespace bench
