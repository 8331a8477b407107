// accept4(2), and which of its errors do not concern the next connection.
#include "net/accept.hpp"

#include "net/uninterrupted.hpp"

#include <asio/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/socket.h>

namespace roger {

Descriptor take_connection(int listening, Endpoint& peer, asio::error_code& error) {
    auto size = static_cast<socklen_t>(peer.capacity());
    Descriptor socket(uninterrupted(
        [&] { return ::accept4(listening, peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC); }));
    if (!socket) {
        error = {errno, asio::error::get_system_category()};
        return socket;
    }
    peer.resize(size);
    error.clear();
    return socket;
}

bool is_of_one_connection(asio::error_code error) {
    constexpr std::array errors = {ECONNABORTED, EPROTO, EPERM,        ENETDOWN,   ENOPROTOOPT,
                                   EHOSTDOWN,    ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH};
    return error.category() == asio::error::get_system_category() &&
           std::ranges::find(errors, error.value()) != errors.end();
}

}  // namespace roger
