// A sender's address in as few bytes as it takes, since every client has one.
#pragma once

#include "roger/address.hpp"
#include "roger/asio_version.hpp"

#include <asio/ip/address.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace roger {

/// Throws nothing but std::bad_alloc. Several threads at once may call what is const. One that was
/// moved from can only be assigned to or destroyed.
class PeerAddress {
public:
    /// A Unix peer without a name, as most are.
    PeerAddress() : PeerAddress(std::string()) {}
    /// A Unix peer; `path` as in Address.
    explicit PeerAddress(std::string path, SocketType type = SocketType::stream);
    PeerAddress(asio::ip::address const& address, std::uint16_t port,
                SocketType type = SocketType::stream);
    PeerAddress(PeerAddress const&) = delete;
    PeerAddress& operator=(PeerAddress const&) = delete;
    PeerAddress(PeerAddress&& other) noexcept;
    PeerAddress& operator=(PeerAddress&& other) noexcept;
    ~PeerAddress();

    /// An IPv4 peer of an IPv6 socket is shown as what it is: 127.0.0.1, not ::ffff:127.0.0.1.
    [[nodiscard]] Address address() const;
    [[nodiscard]] bool is_unix() const { return kind_ != Kind::internet; }

private:
    enum class Kind : std::uint8_t { internet, named_unix, unnamed_unix };

    union Where {
        std::array<unsigned char, 16> internet;  ///< an IPv6 address, an IPv4 one mapped into it
        std::string* name;                       ///< owned
    };

    Where where_;
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
    Kind kind_;
    SocketType type_;
};

}  // namespace roger
