// Asks JetStream: https://docs.nats.io/reference/reference-protocols/nats_api_reference
#pragma once

#include "stream/nats_client.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>

namespace roger {

/// What is left until `end`, at least 1 ms: to the library 0 means its own default.
std::chrono::milliseconds time_until(std::chrono::steady_clock::time_point end);

/// Whether an error tells that the server that was asked does not find the stream's leader: it may
/// have lost its cluster.
bool tells_of_no_leader(int error_code);

/// A request to $JS.API. Throws std::runtime_error with a sentence.
nlohmann::json ask_jetstream(NatsClient& client, std::string const& request,
                             nlohmann::json const& argument = {},
                             std::chrono::milliseconds most = std::chrono::seconds(5));

/// The stream that takes a subject; empty: none does. Throws like ask_jetstream.
std::string stream_of(NatsClient& client, std::string const& subject);

}  // namespace roger
