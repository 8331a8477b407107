// Opens, binds and listens.
#include "net/listening.hpp"

#include "net/endpoint.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/socket_base.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace roger {

namespace {

/// The remedy for what bind() most often says.
std::string remedy(asio::error_code error, Address const& address) {
    if (error == asio::error::address_in_use) {
        return address.transport == Transport::tcp ? "; choose another port, or 0 for any free one"
                                                   : "; choose another name";
    }
    if (error == asio::error::access_denied && address.transport == Transport::tcp) {
        return "; ports below 1024 need privileges: choose a higher one";
    }
    return "";
}

/// Options that every connection inherits from the socket that accepted it, tcp(7).
void set_internet_options(Acceptor& acceptor, bool every_interface) {
    acceptor.set_option(asio::socket_base::reuse_address(true));
    // An ack is small and is waited for: it must not wait for more to be sent with it.
    acceptor.set_option(asio::ip::tcp::no_delay(true));
    // With --idle-timeout none this is what finds a client whose machine has gone.
    acceptor.set_option(asio::socket_base::keep_alive(true));
    if (every_interface) {
        acceptor.set_option(asio::ip::v6_only(false));
    }
}

Listening open(asio::io_context& context, Address const& address, Endpoint const& endpoint) {
    Listening listening{.file = nullptr, .acceptor = Acceptor(context), .address = address};
    Acceptor& acceptor = listening.acceptor;
    bool const is_file = address.transport == Transport::unix_stream && address.path[0] != '@';
    if (is_file) {
        listening.file = std::make_unique<UnixPath>(address.path);
    }
    acceptor.open(endpoint.protocol());
    if (address.transport == Transport::tcp) {
        set_internet_options(acceptor,
                             address.host.empty() && endpoint.protocol().family() == AF_INET6);
    }
    // A socket file's mode is what the umask leaves of 0777, from its first moment on.
    acceptor.bind(endpoint);
    if (is_file) {
        listening.file->bound();
    }
    acceptor.listen();
    acceptor.non_blocking(true);
    if (address.transport == Transport::tcp) {
        listening.address = to_address(acceptor.local_endpoint());
    }
    return listening;
}

Listening open_named(asio::io_context& context, Address const& address, Endpoint const& endpoint) {
    try {
        return open(context, address, endpoint);
    } catch (asio::system_error const& error) {
        throw std::runtime_error(fmt::format("cannot listen on {}: {}{}", to_string(address),
                                             error.code().message(),
                                             remedy(error.code(), address)));
    }
}

/// A machine without IPv6 still has every IPv4 interface.
Listening open_every_interface(asio::io_context& context, Address const& address) {
    try {
        return open(context, address, to_endpoint(asio::ip::address_v6::any(), address.port));
    } catch (asio::system_error const& error) {
        if (error.code() != asio::error::address_family_not_supported &&
            error.code() != asio::error_code(EADDRNOTAVAIL, asio::system_category())) {
            return open_named(context, address,
                              to_endpoint(asio::ip::address_v6::any(), address.port));
        }
        return open_named(context, address, to_endpoint(asio::ip::address_v4::any(), address.port));
    }
}

}  // namespace

std::vector<Listening> listen_on(asio::io_context& context, Address const& address) {
    require_stream(address);
    std::vector<Listening> all;
    if (address.transport == Transport::tcp && address.host.empty()) {
        all.push_back(open_every_interface(context, address));
        return all;
    }
    for (Endpoint const& endpoint : resolve_listening(address)) {
        all.push_back(open_named(context, address, endpoint));
    }
    return all;
}

}  // namespace roger
