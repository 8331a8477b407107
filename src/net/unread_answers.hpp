// Who leaves the answers of a Unix datagram socket unread.
#pragma once

#include "net/clock.hpp"
#include "net/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <system_error>

namespace roger {

/// What a receiver has not read is charged to the sender's socket, which has one buffer for all
/// that it sends to: socket(7), SO_SNDBUF. A receiver's queue is short, so that none can keep much
/// of the buffer; but that does not hold for those that have connected their sockets to the
/// sender's. One of them that never reads would fill the buffer, and nobody could be answered any
/// more. So before that happens, those that do not read are found out, and not answered until they
/// do.
///
/// sock_diag(7) tells whether a socket has anything unread, but not since when. Whoever has after a
/// pause, in which nobody was answered, has not read for so long.
class UnreadAnswers {
public:
    static constexpr std::chrono::milliseconds pause{10};

    explicit UnreadAnswers(int socket);

    /// Much more than the last time is unread: it is time for a pause, and to
    /// find_non_readers().
    [[nodiscard]] bool piled_up();

    /// Finds those that have something unread. An error: the system could not tell, and what was
    /// known stays.
    [[nodiscard]] std::error_code find_non_readers();

    /// To be called before answers: those that have read theirs get them again, if not at once.
    /// An error: as above.
    [[nodiscard]] std::error_code refresh();

    [[nodiscard]] bool leaves_unread(Endpoint const& receiver) const;

private:
    int socket_;
    std::size_t capacity_;                            ///< bytes that the socket's buffer holds
    std::size_t look_at_;                             ///< unread bytes
    std::set<std::string, std::less<>> non_readers_;  ///< names of those that do not read
    Clock::time_point not_before_;                    ///< the system is asked again
    Clock::time_point refresh_at_;
};

}  // namespace roger
