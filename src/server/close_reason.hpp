// Why a connection ends.
#pragma once

#include <cstdint>

namespace roger {

/// Why a session ends. The first reason stands, unless something fails after it: that takes its
/// place.
enum class CloseReason : std::uint8_t {
    none,
    peer_closed,      ///< the client has closed its sending side, and everything is answered
    connection_lost,  ///< the connection broke off
    idle_timeout,     ///< nothing sent for so long
    message_timeout,  ///< a message not ended within it
    write_timeout,    ///< answers not taken for so long
    busy,             ///< the limit on connections was reached
    shutdown,         ///< the server drains
    handler_failed,
};

}  // namespace roger
