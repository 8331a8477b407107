// Asks JetStream: https://docs.nats.io/reference/reference-protocols/nats_api_reference
#pragma once

#include "stream/nats_client.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace roger {

/// What is left until `end`, at least 1 ms: to the library 0 means its own default.
std::chrono::milliseconds time_until(std::chrono::steady_clock::time_point end);

/// Whether an error tells that the server that was asked does not find the stream's leader: it may
/// have lost its cluster.
bool tells_of_no_leader(int error_code);

/// A sentence, with JetStream's number for what is wrong (nats/status.h), or 0.
class JetStreamError : public std::runtime_error {
public:
    JetStreamError(std::string const& sentence, int code)
        : std::runtime_error(sentence), code_(code) {}

    [[nodiscard]] int code() const { return code_; }

private:
    int code_;
};

/// A request that came when there was no leader is never answered.
inline constexpr std::chrono::milliseconds request_timeout{5000};

/// A request to $JS.API. Throws NatsUnavailable where it is not answered, or JetStream is without a
/// leader or servers that it needs; JetStreamError where the answer is another error; and else
/// std::runtime_error with a sentence.
nlohmann::json ask_jetstream(NatsClient& client, std::string const& request,
                             nlohmann::json const& argument,
                             std::chrono::milliseconds most = request_timeout);

/// The streams that take a subject, or some of those that it stands for, by name: one at most where
/// it has no wildcard. Throws like ask_jetstream.
std::vector<std::string> streams_of(NatsClient& client, std::string const& subject);

}  // namespace roger
