// Where the clients connect to, and from.
#pragma once

#include "load/settings.hpp"
#include "net/descriptor.hpp"
#include "net/endpoint.hpp"

#include <asio/ip/address.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace roger {

/// Which of our own addresses a client connects from.
class Sources {
public:
    /// Whatever the system chooses.
    Sources() = default;
    /// Those from `first` to `last`, in turn. Throws std::invalid_argument with a sentence where
    /// that is no range, or has more than a million addresses.
    Sources(asio::ip::address const& first, asio::ip::address const& last);

    [[nodiscard]] std::size_t count() const { return std::max<std::size_t>(count_, 1); }
    [[nodiscard]] std::optional<Endpoint> of(std::size_t client) const;

private:
    asio::ip::address first_;
    std::size_t count_ = 0;
};

/// The server's addresses, tried in turn. Shared by all event loops.
class Target {
public:
    /// Resolves the address. Throws std::runtime_error with a sentence.
    explicit Target(LoadSettings const& settings);

    std::vector<Endpoint> endpoints;
    Sources sources;
    /// The endpoint that last took a connection: where the next attempt begins.
    std::atomic<std::uint16_t> preferred = 0;

    SocketType type;
    /// For datagrams: how many sockets an event loop may have besides its clients'.
    std::size_t most_resting = 0;

    /// What each of the server's addresses has of the time to connect: one that answers nothing is
    /// left for the next.
    [[nodiscard]] Timeout share_of(Timeout connect_timeout) const;

    [[nodiscard]] bool is_internet() const;
    [[nodiscard]] bool is_loopback() const;
};

/// A socket that does not block, to be connected to `server`, bound to `source`'s address if there
/// is one. A Unix datagram socket gets an abstract name of its own, so that it can be answered.
/// Where there is none, errno tells why.
Descriptor open_client_socket(SocketType type, Endpoint const& server,
                              std::optional<Endpoint> const& source);

/// What came of its connect(), once it is ready for writing: 0 or errno's number.
int connect_error(int socket, Endpoint const& server);

}  // namespace roger
