// What a load test is asked to do.
#pragma once

#include "load/distribution.hpp"
#include "load/rate_schedule.hpp"
#include "roger/address.hpp"
#include "roger/answer.hpp"
#include "roger/timeout.hpp"

#include <asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace roger {

/// How an open loop's messages are spread over time.
enum class Arrivals : std::uint8_t {
    even,     ///< the same time from each to the next
    poisson,  ///< independent of each other, as those of many unrelated clients are
};

/// Clients beside the healthy ones, to see how those suffer.
enum class Misbehaviour : std::uint8_t {
    silent,   ///< connects and sends nothing
    slow,     ///< sends its message a byte at a time
    deaf,     ///< sends as much as the server takes, and never reads an answer
    half,     ///< sends a message, closes its sending side, and waits for the end
    reset,    ///< sends a message, and resets the connection
    endless,  ///< sends a line without an end
};

struct LoadSettings {
    Address address;

    std::size_t clients = 100;
    Timeout duration = std::chrono::seconds(10);
    std::optional<std::uint64_t> messages;  ///< in all, instead of a duration
    /// When to begin to measure, for several load testers at once; nothing: once all are connected.
    std::optional<std::chrono::system_clock::time_point> start_at;
    Timeout warmup = std::chrono::milliseconds(0);
    Timeout ramp = std::chrono::milliseconds(0);
    std::size_t threads = 1;

    std::optional<RateSchedule> rate;  ///< of all clients together; nothing: closed loop
    Arrivals arrivals = Arrivals::even;
    std::optional<Distribution> think_time;  ///< milliseconds; closed loop: before each message
    std::uint64_t seed = 1;                  ///< of all that is random: the same in every run
    std::size_t pipeline = 1;                ///< messages in flight, at most, for each client
    std::size_t per_connection = 0;  ///< messages, after which a client reconnects; 0: no end
    Timeout connect_timeout = std::chrono::seconds(5);
    Timeout ack_timeout = std::chrono::seconds(10);  ///< with datagrams, 1 s unless given

    std::vector<std::string> texts = {"message {message} of client {client}"};
    std::vector<double> weights;       ///< how often each text is sent; none: they are sent in turn
    std::optional<Distribution> size;  ///< bytes of a message without its line ending; nothing: the
                                       ///< text's
    std::string line_ending = "\n";
    std::optional<std::string> expect = std::string(default_ack);  ///< nothing: any line is an ack

    bool greeting = false;  ///< the server speaks first: a line, and then it is connected

    /// The first and the last address to connect from.
    std::optional<std::pair<asio::ip::address, asio::ip::address>> sources;
    std::map<Misbehaviour, std::size_t> misbehaving;
    bool audit = false;  ///< number and checksum each message

    [[nodiscard]] bool datagrams() const {
        return socket_type(address.transport) == SocketType::datagram;
    }
};

}  // namespace roger
