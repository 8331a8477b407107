// Why a client got no answer.
#pragma once

#include "roger/error.hpp"

#include <string>
#include <system_error>

namespace roger {

/// A sentence for the user, never a bare operation_aborted: that stands for the caller's own
/// cancellation. code() is one of cannot_resolve, cannot_connect and connect_timeout when there is
/// no connection, and of write_timeout, ack_timeout, connection_closed, answer_cut_off,
/// answer_too_long, io_error and client_closed when there is no answer.
class ClientError : public Error {
public:
    ClientError(Errc code, std::string const& sentence, std::error_code cause = {},
                bool sent = false)
        : Error(code, sentence, cause), sent_(sent) {}

    /// At least a part of the message was given to the system to be sent: the server may have
    /// displayed it, and to send it again may display it twice. Otherwise nobody has seen it.
    [[nodiscard]] bool sent() const noexcept { return sent_; }

private:
    bool sent_;
};

}  // namespace roger
