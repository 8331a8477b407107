// The compact form of a sender's address.
#include "roger/peer_address.hpp"

#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>

#include <utility>

namespace roger {

PeerAddress::PeerAddress(std::string path, SocketType type)
    : where_{.name = path.empty() ? nullptr : new std::string(std::move(path))},
      kind_(where_.name == nullptr ? Kind::unnamed_unix : Kind::named_unix),
      type_(type) {}

PeerAddress::PeerAddress(asio::ip::address const& address, std::uint16_t port, SocketType type)
    : where_{.internet = address.is_v4()
                             ? make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes()
                             : address.to_v6().to_bytes()},
      scope_(address.is_v4() ? 0 : static_cast<std::uint32_t>(address.to_v6().scope_id())),
      port_(port),
      kind_(Kind::internet),
      type_(type) {}

PeerAddress::PeerAddress(PeerAddress&& other) noexcept
    : where_(other.where_),
      scope_(other.scope_),
      port_(other.port_),
      kind_(std::exchange(other.kind_, Kind::unnamed_unix)),
      type_(other.type_) {}

PeerAddress& PeerAddress::operator=(PeerAddress&& other) noexcept {
    std::swap(where_, other.where_);
    std::swap(scope_, other.scope_);
    std::swap(port_, other.port_);
    std::swap(kind_, other.kind_);
    std::swap(type_, other.type_);
    return *this;
}

PeerAddress::~PeerAddress() {
    if (kind_ == Kind::named_unix) {
        delete where_.name;
    }
}

Address PeerAddress::address() const {
    bool const stream = type_ == SocketType::stream;
    if (kind_ != Kind::internet) {
        return {.transport = stream ? Transport::unix_stream : Transport::unix_datagram,
                .host = {},
                .port = 0,
                .path = kind_ == Kind::named_unix ? *where_.name : std::string()};
    }
    asio::ip::address_v6 const address(where_.internet, scope_);
    return {.transport = stream ? Transport::tcp : Transport::udp,
            .host = address.is_v4_mapped()
                        ? make_address_v4(asio::ip::v4_mapped, address).to_string()
                        : address.to_string(),
            .port = port_,
            .path = {}};
}

}  // namespace roger
