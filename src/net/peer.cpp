// The compact form of a sender's address.
#include "roger/peer.hpp"

#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>

#include <utility>

namespace roger {

Peer::Peer(std::string path)
    : name_(path.empty() ? nullptr : new std::string(std::move(path))),
      kind_(name_ == nullptr ? Kind::unnamed_unix : Kind::named_unix) {}

Peer::Peer(asio::ip::address const& address, std::uint16_t port)
    : internet_(address.is_v4() ? make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes()
                                : address.to_v6().to_bytes()),
      scope_(address.is_v4() ? 0 : static_cast<std::uint32_t>(address.to_v6().scope_id())),
      port_(port),
      kind_(Kind::internet) {}

Peer::Peer(Peer&& other) noexcept
    : internet_(other.internet_), scope_(other.scope_), port_(other.port_), kind_(other.kind_) {
    if (kind_ == Kind::named_unix) {
        name_ = std::exchange(other.name_, nullptr);
        other.kind_ = Kind::unnamed_unix;
    }
}

Peer& Peer::operator=(Peer&& other) noexcept {
    if (this != &other) {
        this->~Peer();
        new (this) Peer(std::move(other));
    }
    return *this;
}

Peer::~Peer() {
    if (kind_ == Kind::named_unix) {
        delete name_;
    }
}

Address Peer::address() const {
    if (kind_ != Kind::internet) {
        return {.transport = Transport::unix_stream,
                .host = {},
                .port = 0,
                .path = kind_ == Kind::named_unix ? *name_ : std::string()};
    }
    asio::ip::address_v6 const address(internet_, scope_);
    return {.transport = Transport::tcp,
            .host = address.is_v4_mapped()
                        ? make_address_v4(asio::ip::v4_mapped, address).to_string()
                        : address.to_string(),
            .port = port_,
            .path = {}};
}

}  // namespace roger
