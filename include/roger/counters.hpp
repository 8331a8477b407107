// What a server has done so far.
#pragma once

#include <cstdint>
#include <string>

namespace roger {

struct Counters {
    std::uint64_t accepted = 0;   ///< connections taken
    std::uint64_t clients = 0;    ///< connections open now
    std::uint64_t messages = 0;   ///< messages received whole, refused ones included
    std::uint64_t displayed = 0;  ///< messages that the handler took
    /// Messages whose ack was handed to the system; of acks that are sent together, none before all
    /// of them were.
    std::uint64_t acknowledged = 0;
    std::uint64_t bytes = 0;             ///< bytes received
    std::uint64_t refused_busy = 0;      ///< connections, datagrams: the limit was reached
    std::uint64_t refused_too_long = 0;  ///< messages: longer than max_message
    std::uint64_t message_timeouts = 0;  ///< messages: not ended within message_timeout
    std::uint64_t idle_timeouts = 0;     ///< connections: nothing sent for idle_timeout
    std::uint64_t refused_shutdown = 0;  ///< connections, datagrams: still there at shutdown
    std::uint64_t handler_failed = 0;    ///< messages: the handler failed
    std::uint64_t handler_refused = 0;   ///< messages: the handler refused them
    std::uint64_t write_timeouts = 0;    ///< connections: acks not taken for write_timeout
    std::uint64_t lost = 0;              ///< connections that broke off or had to be cut off
    std::uint64_t accept_pauses = 0;     ///< times that accepting paused for want of resources
    std::uint64_t receive_pauses = 0;    ///< times that receiving datagrams paused likewise
    std::uint64_t replies = 0;           ///< datagrams that were a server's answer: not displayed
    std::uint64_t unanswered = 0;        ///< datagrams whose answer could not be sent at once
    std::uint64_t dropped = 0;           ///< datagrams that came faster than they were received
};

/// One line, `name=value` pairs: "accepted=3 clients=1 messages=7 ...". From any thread; throws
/// nothing but std::bad_alloc.
std::string to_string(Counters const& counters);

}  // namespace roger
