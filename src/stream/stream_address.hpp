// Where records are published: nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT][,HOST[:PORT]...]/SUBJECT,
// or tls://... for an encrypted connection. https://docs.nats.io/nats-concepts/subjects
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roger {

struct StreamAddress {
    std::vector<std::string> hosts;  ///< as they were given: HOST or HOST:PORT
    std::string subject;             ///< of which each event loop uses a part of its own
    bool tls = false;
    std::string token = {};     ///< empty: none
    std::string user = {};      ///< empty: none
    std::string password = {};  ///< of the user

    bool operator==(StreamAddress const&) const = default;
};

/// Throws std::invalid_argument with a sentence.
StreamAddress parse_stream_address(std::string_view text);

/// As it was given, but without user and password: for the log.
std::string to_string(StreamAddress const& address);

}  // namespace roger
